"""Puts the pictures of a notebook into its page, and takes out whatever else the page would load."""

import base64
import re
from urllib.parse import unquote, urlsplit

from bs4.element import Stylesheet

# What browsers draw, by the ends of file names.
PICTURES = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".jfif": "image/jpeg", ".gif": "image/gif",
    ".webp": "image/webp", ".avif": "image/avif", ".bmp": "image/bmp", ".svg": "image/svg+xml",
}
LARGEST_PICTURE = 10_000_000  # bytes
# Attributes of which a browser loads the address.
LOADING = ("src", "srcset", "href", "xlink:href", "data", "poster", "background")
# What is nothing without what it loads; the words in it stay.
EMPTY = ("audio", "embed", "iframe", "link", "object", "script", "video")
INSIDE = re.compile(r"\s*(data:|#|$)")


class Refused(Exception):
    """Why a picture is not in the page, and what to do: the end of a sentence."""


def embed(tree, folder):
    """Leaves a tree that loads nothing: the pictures below the notebook's folder are in it, and of others their words stay.
    Returns a sentence for each thing that is left out. What is overlooked here, the page's policy refuses."""
    left_out = []
    for image in tree.find_all("img", src=True):
        if INSIDE.match(image["src"]):
            continue
        try:
            image["src"] = inside(image["src"].strip(), folder)
        except Refused as reason:
            left_out.append(f"the picture {short(image['src'])} {reason}")
            replace(tree, image, image.get("alt", ""), left_out[-1])
    for tag in tree.find_all(True):
        for name in LOADING:
            if name in tag.attrs and tag.name not in ("a", "area") and not INSIDE.match(tag[name]):
                address = tag.attrs.pop(name)
                if name == "srcset":  # beside it is a src
                    continue
                left_out.append(f"it would load {short(address)}, and a page loads nothing; put pictures beside the notebook")
                if tag.name in EMPTY and tag.parent:
                    replace(tree, tag, tag.get_text(" ", strip=True), left_out[-1])
    for tag in tree.select("meta[http-equiv]"):
        tag.decompose()
        left_out.append("it would go to another page by itself, or has rules of its own; take its tag <meta> out")
    for sheet in tree.find_all("style", string=True):
        sheet.string.replace_with(Stylesheet(without_addresses(sheet.string, left_out)))
    for tag in tree.select("[style]"):
        tag["style"] = without_addresses(tag["style"], left_out)
    return left_out


def replace(tree, tag, words, sentence):
    note = tree.new_tag("em", attrs={"class": "missing"})
    note.string = f"{words} [{sentence}]".strip()
    tag.replace_with(note)


def inside(address, folder):
    """The address of a picture's contents."""
    if address.startswith("attachment:"):
        raise Refused("is not attached to its cell; paste it there again")
    if re.match(r"(https?:)?//", address):
        raise Refused("is on the web, from which a page loads nothing; save it beside the notebook")
    try:
        parts = urlsplit(address)
        picture = (folder / unquote(parts.path)).resolve(strict=True)
        size = picture.stat().st_size
    except (OSError, ValueError, RuntimeError):
        raise Refused("cannot be read; put it beside the notebook") from None
    if parts.scheme or not picture.is_relative_to(folder.resolve()):
        raise Refused("does not lie in the notebook's folder; put it there")
    kind = PICTURES.get(picture.suffix.lower())
    if not kind or not picture.is_file():
        raise Refused(f"is no picture that browsers show; those end in {', '.join(PICTURES)}")
    if size > LARGEST_PICTURE:
        raise Refused(f"has {size / 1e6:.0f} MB, and a page takes pictures of up to {LARGEST_PICTURE // 10**6} MB; make it smaller")
    try:
        return data(kind, base64.b64encode(picture.read_bytes()).decode("ascii"))
    except OSError:
        raise Refused("cannot be read; change its permissions") from None


def attach(tree, attachments):
    """Puts what is attached to a cell into its tree."""
    named = {unquote(name): kinds for name, kinds in attachments.items()}
    for image in tree.find_all("img", src=re.compile("^attachment:")):
        kinds = named.get(unquote(image["src"].removeprefix("attachment:")), {})
        for kind in [kind for kind in PICTURES.values() if isinstance(kinds.get(kind), str)][:1]:
            image["src"] = data(kind, kinds[kind].replace("\n", ""))


def data(kind, encoded):
    return f"data:{kind};base64,{encoded}"


def without_addresses(style, left_out):
    """The style without what it would load."""
    def leave_out(found):
        left_out.append(f"its style would load {short(found[0])}, and a page loads nothing; leave that out")
        return "" if found[0].startswith("@") else "none"
    return re.sub(r"@import[^;]*;?|url\(\s*(?!['\"]?\s*(?:data:|#))[^)]*\)", leave_out, style)


def short(address):
    """An address for a sentence."""
    return address if len(address) <= 100 else address[:99] + "…"
