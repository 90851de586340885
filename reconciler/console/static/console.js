// Keeps the page fresh: asks for it again every few seconds and exchanges the parts that changed.
// Focus, open details, scrolled logs and half-written forms stay as they are. Without this script the page works too.
"use strict";

const PAUSE_MS = 4000;
const bar = document.getElementById("live");

function keyOf(element) {
  return element.id || element.getAttribute("href") || `${element.name}=${element.value}` || element.textContent;
}

function isTouched(region) {
  const active = document.activeElement;
  if (active && region.contains(active) && active.matches("input:not([type=checkbox]), select, textarea")) return true;
  return [...region.querySelectorAll("input, textarea, select")].some((field) =>
    field.matches("select")
      ? [...field.options].some((option) => option.selected !== option.defaultSelected)
      : field.checked !== field.defaultChecked || field.value !== field.defaultValue);
}

function exchange(old, fresh) {
  if (old.innerHTML === fresh.innerHTML || isTouched(old)) return;
  const active = old.contains(document.activeElement) ? keyOf(document.activeElement) : null;
  const open = new Set([...old.querySelectorAll("details[open]")].map((one) => one.id));
  const scrolled = new Map([...old.querySelectorAll("pre[id]")].map((one) => [one.id, one.scrollTop]));
  old.innerHTML = fresh.innerHTML;
  old.querySelectorAll("details").forEach((one) => { if (open.has(one.id)) one.open = true; });
  scrolled.forEach((top, id) => { const one = document.getElementById(id); if (one) one.scrollTop = top; });
  if (active) {
    const again = [...old.querySelectorAll("a, button, input, select, summary, [tabindex]")].find((one) => keyOf(one) === active);
    if (again) again.focus({ preventScroll: true });
  }
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
  if (answer.redirected) { location.reload(); return; }
  if (!answer.ok) throw new Error(String(answer.status));
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.querySelectorAll("[data-live]").forEach((region) => {
    const other = fresh.getElementById(region.id);
    if (other) exchange(region, other);
  });
}

function start() {
  const button = document.createElement("button");
  const words = document.createElement("span");
  let paused = false;
  const tell = (text, isOld) => { words.textContent = text; bar.classList.toggle("old", Boolean(isOld)); };
  button.type = "button";
  button.className = "quiet";
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    tell(paused ? "paused" : "live");
  });
  button.textContent = "Pause";
  tell("live");
  bar.replaceChildren(words, button);
  const turn = async () => {
    if (!paused && !document.hidden) {
      try {
        await refresh();
        if (!paused) tell("live");
      } catch {
        tell("no answer: this is old", true);
      }
    }
    setTimeout(turn, PAUSE_MS);
  };
  setTimeout(turn, PAUSE_MS);
}

document.querySelectorAll("[data-all]").forEach((box) => {
  box.hidden = false;
  box.querySelector("input").addEventListener("change", (event) => {
    document.querySelectorAll("input[name=id]").forEach((one) => { one.checked = event.target.checked; });
  });
});

if (bar && document.querySelector("[data-live]")) start();
