"""What was captured of the real tool, turned into knobs: `camber-local emulator learn FOLDER`.

The law of this package: only what was captured is learnt, each thing from the bytes themselves, and nothing is passed
over in silence: what no knob can play, or what contradicts itself, is said. It reads transcripts as `reconciler doctor`
saves them, with eyes of its own: the client's parsers are what the emulator is there to test.

    saved.py      the folder: a manifest, and the two streams of each call
    remarks.py    what one transcript can say, and what all of them say together
    preamble.py   the banner and the questions before the answer
    jobs.py       a job and a page of jobs, as JSON
    words.py      the answers in words: version, account, create, logs, errors, the screens
    reader.py     all of a folder, read; and put in force
"""

from reconciler.local.camber.learning.reader import learn

__all__ = ["learn"]
