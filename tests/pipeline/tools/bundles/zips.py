"""Bundles that somebody changed: parts edited, with or without the list of their digests."""

import hashlib
import json
import zipfile


def parts_of(bundle):
    """Every part and the list, by name."""
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_parts(path, parts):
    """A zip of these parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def relisted(parts):
    """The same parts with a list that fits them, as a forger would write it."""
    listed = json.loads(parts["bundle.json"])
    listed["parts"] = {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in parts.items()
        if name != "bundle.json"
    }
    return {**parts, "bundle.json": json.dumps(listed).encode()}


def edited(bundle, out, edit, *, relist=False):
    """A copy of a bundle in which `edit` changed the parts, a dictionary of bytes."""
    parts = parts_of(bundle)
    edit(parts)
    return write_parts(out, relisted(parts) if relist else parts)
