"""The portals that ship: one dated, cited file each, in the form that `portal_schemas` and the worker read.

Law: files in, typed values out; knows `worker.contract` and nothing else of this house.

    read.py   reads a portal's file strictly
    *.toml    one portal each, named as the portal is

A portal's figures change every year. A file says what was known on the date in it, and from where; new figures are a
new version in the same file, and rows of the old version stay as they are.
"""

from reconciler.portals.read import PortalSchema, parse_portal, shipped_portals

__all__ = ["PortalSchema", "parse_portal", "shipped_portals"]
