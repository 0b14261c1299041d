"""Cells of text as HTML: formulas as MathML, which browsers draw by themselves, and what is attached to the cell."""

import html
import re
from xml.etree import ElementTree

from bs4 import BeautifulSoup
from jinja2 import pass_context
from latex2mathml.converter import convert_to_element
from mistune import HTMLRenderer
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath, MathInlineParser

from pictures import attach

# A dollar sign before a space, or after one, is money; a formula has no code in it.
INLINE = r"(?<![$\\])\$(?P<math_inline_tex>(?=\S)(?:[^$`\\]|\\.)+?(?<=\S))\$(?!\d)"
# What stands in HTML as it was written: what is no formula comes first.
IN_HTML = re.compile(r"(?si)<(pre|code|script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>|\$\$(?P<block>[^<]+?)\$\$|"
                     + INLINE.replace("[^$`", "[^$`<"))
# How many children these have.
CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3, "mroot": 2}
# What the converter calls otherwise or does not know; JupyterLab shows no numbers of equations.
SPELLINGS = [(re.compile(pattern), spelling) for pattern, spelling in (
    (r"\\(begin|end)\{(?:align|aligned|split|eqnarray)\*?\}", r"\\\1{align*}"),
    (r"\\(begin|end)\{(?:gather|gathered|multline)\*?\}", r"\\\1{matrix}"),
    (r"\\(?:boldsymbol|bm)\b", r"\\mathbf"),
    (r"\\label\{[^}]*\}|\\(?:nonumber|notag)\b", ""),
)]


def formula(tex, display):
    """A formula as MathML, or None for what is none."""
    for pattern, spelling in SPELLINGS:
        tex = pattern.sub(spelling, tex)
    try:
        tree = convert_to_element(tex, display=display)
    except Exception:  # the converter's errors have no class in common
        return None
    for element in tree.iter():
        unknown = element.tag == "mi" and re.match(r"\\|[&{}]$", element.text or "")
        if unknown or len(element) != CHILDREN.get(element.tag, len(element)):
            return None
        for name in ("xmlns", "href", "style", "class", "id"):
            element.attrib.pop(name, None)
    written = re.sub(r"&amp;(#x[0-9A-F]+;)", r"&\1", ElementTree.tostring(tree, encoding="unicode"))
    return re.sub("(<mi>[a-z]{2,}</mi>)(?=<mi>)", r'\1<mspace width="0.167em" />', written)  # log p, not logp


def with_formulas(text):
    """HTML, in whose text formulas are MathML."""
    def convert(found):
        tex = html.unescape(found["block"] or found["math_inline_tex"] or "")
        return tex and formula(tex, "block" if found["block"] else "inline") or found[0]
    return IN_HTML.sub(convert, text)


class Inline(MathInlineParser):
    SPECIFICATION = MathInlineParser.SPECIFICATION | {"inline_math_tex": f"(?s:{INLINE})"}


class Renderer(IPythonRenderer):
    """What is no formula stands as it was typed, and no picture is looked for."""

    def block_math(self, body):
        return formula(body, "block") or super().block_math(body)

    def inline_math(self, body):
        return formula(body, "inline") or super().inline_math(body)

    def latex_environment(self, name, body):
        return formula(rf"\begin{{{name}}}{body}\end{{{name}}}", "block") or super().latex_environment(name, body)

    def block_html(self, html):
        return with_formulas(super().block_html(html))

    def image(self, text, url, title=None):
        return HTMLRenderer.image(self, text, url, title)


class Exporter(HTMLExporter):
    @pass_context
    def markdown2html(self, context, source):
        written = MarkdownWithMath(Renderer(escape=False), inline=Inline(hard_wrap=False)).render(source)
        if "attachment:" not in written:
            return written
        tree = BeautifulSoup(written, "html.parser")
        attach(tree, context["cell"].get("attachments", {}))
        return str(tree)
