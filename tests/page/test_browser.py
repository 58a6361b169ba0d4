#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The pages of nvsim in a headless Chromium: what they need, how they look to whom; TAP.

test_browser.py PAGE...: what is wrong with these, instead; --shots DIR takes pictures of them.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlparse

import browser

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
NVSIM = os.path.abspath(os.environ.get("NVSIM", TOP / "build/nvsim"))
AUDIT = (HERE / "audit.js").read_text()
PHONE = 360 # px

number = failed = 0


def ok(name, problems):
    global number, failed
    number += 1
    failed += bool(problems)
    print("%sok %d - %s" % ("not " if problems else "", number, name), flush=True)
    for problem in problems[:12]:
        print("#   %s" % problem)


# ---- what is wrong with a page ----

def links(web, url):
    """Files that links lead to have to be there."""
    for href in web.run("return [...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))"):
        target = urlparse(urldefrag(urljoin(url, href)).url)
        if target.scheme != "file":
            yield "links: %s is not beside the page" % href
        elif not Path(unquote(target.path)).is_file():
            yield "links: there is no %s" % href


FOCUSED = """
const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
if (e === document.body || e === document.documentElement)
	return null;
return {
	place: [...document.querySelectorAll("*")].indexOf(e),
	skip: e.classList.contains("skip"),
	shown: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 && box.width > 0 &&
		box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight,
	what: e.outerHTML.slice(0, 80),
};
"""
FOCUSABLE = """
return [...document.querySelectorAll("*")].map((e, place) => [e, place]).filter(([e]) =>
	e.matches("a[href], summary, button, input, select, [tabindex='0']") && e.checkVisibility())
	.map(([e, place]) => [place, e.outerHTML.slice(0, 80)]);
"""


def keyboard(web):
    """By Tab one comes to the link that skips, then to all others, and sees where one is."""
    wanted = dict(web.run(FOCUSABLE))
    reached = []
    for _ in range(len(wanted) + 1):
        web.press(browser.TAB)
        at = web.run(FOCUSED)
        if at is None or at["place"] in reached:
            break
        if not reached and not at["skip"]:
            yield "keyboard: the first is not the link that skips, but %s" % at["what"]
        if not at["shown"]:
            yield "focus: cannot be seen at %s" % at["what"]
        reached.append(at["place"])
    yield from ("keyboard: never comes to %s" % wanted[place] for place in wanted.keys() - set(reached))


def colours(web, scheme):
    web.look(scheme=scheme)
    return ("%s, in %s colours" % (p, scheme) for p in web.run(AUDIT, ["colours"]))


def figures(web, url):
    """Every figure has a link to its data, and an emulated one says so in the plot, too."""
    for figure in web.run("""return [...document.querySelectorAll("figure:has(figcaption a[href$='.json'])")].map(f => ({
            files: [...f.querySelectorAll("a")].map(a => a.getAttribute("href")),
            caption: f.querySelector("figcaption").textContent,
            table: f.querySelector("table")?.textContent ?? null,
            plot: [...f.querySelectorAll("svg text")].map(t => t.textContent).join(" ") || null}))"""):
        data = next(f for f in figure["files"] if f.endswith(".json"))
        path = Path(unquote(urlparse(urljoin(url, data)).path))
        context = json.loads(path.read_text())["context"] if path.is_file() else {}
        emulated = context.get("emulated") is True
        for part in ("caption", "plot"):
            if figure[part] is not None and emulated and "emulated" not in figure[part]:
                yield "emulated: the %s of %s does not say it" % (part, data)
        told = emulated or context.get("trace_emulated") is True or "emulated" in (figure["table"] or "")
        if not told and "emulated" in figure["caption"]:
            yield "emulated: the caption of %s says it" % data


def problems(web, path):
    url = Path(path).resolve().as_uri()
    web.look()
    web.open(url)
    yield from ("console: " + c for c in web.complaints())
    yield from ("network: " + r for r in web.requests() if urldefrag(r).url != url)
    yield from web.run(AUDIT, ["all", "width"])
    yield from links(web, url)
    yield from figures(web, url)
    yield from keyboard(web)
    yield from colours(web, "light")
    yield from colours(web, "dark")
    web.look(width=PHONE, height=740)
    yield from ("%s, on a phone" % p for p in web.run(AUDIT, ["width"]))


# ---- planted faults: each has to be found ----

GOOD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Good</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; }
body { background: #fff; color: #111; }
a { color: #024; }
@media (prefers-color-scheme: dark) { body { background: #111; color: #eee; } a { color: #8cf; } }
a:focus { outline: 2px solid; }
.scroll { overflow-x: auto; }
</style></head>
<body><a class="skip" href="#main">Skip</a>
<header><h1>Good</h1></header>
<nav aria-label="Contents"><a href="#part">Part</a></nav>
<main id="main"><section aria-labelledby="part"><h2 id="part">Part</h2>
<p>Text.</p>
<figure><svg role="img" aria-label="A box" width="90" height="30"><rect width="90" height="30" fill="#fff"/>
<text x="9" y="20" fill="#000">text</text></svg><figcaption>A box.</figcaption></figure>
<table><caption>Figures</caption><tr><th scope="col">a</th></tr><tr><td>1</td></tr></table>
</section></main></body></html>
"""
FIGURE = """<figure><svg role="img" aria-label="Costs" width="90" height="30"><text y="20">%s</text></svg>
<figcaption>%s <a href="%s.json">data</a></figcaption></figure>"""
# What is wrong: the rule that tells, what is replaced, and by what.
FAULTS = {
    "no language": ("language", ' lang="en"', ""),
    "no title": ("title", "<title>Good</title>", ""),
    "two h1": ("headings", "<p>Text.</p>", "<h1>Again</h1>"),
    "a heading too deep": ("headings", "<p>Text.</p>", "<h4>Deep</h4>"),
    "no main": ("landmarks", "main", "div"),
    "text outside of landmarks": ("landmarks", "<nav", "<p>Text.</p><nav"),
    "no link that skips": ("skip", '<a class="skip" href="#main">Skip</a>', ""),
    "something before the link that skips": ("keyboard", '<a class="skip"', '<p tabindex="0">Text.</p><a class="skip"'),
    "an image without alt": ("names", "<p>Text.</p>", '<p><img src="data:,"></p>'),
    "a picture without a name": ("names", ' aria-label="A box"', ""),
    "a picture without a role": ("names", ' role="img"', ""),
    "a link without text": ("names", ">Part</a>", "></a>"),
    "a region without a name": ("names", ' aria-labelledby="part"', ""),
    "an id twice": ("ids", "<p>", '<p id="part">'),
    "a label that is not there": ("ids", 'aria-labelledby="part"', 'aria-labelledby="part other"'),
    "a th without scope": ("scope", ' scope="col"', ""),
    "a table without caption": ("scope", "<caption>Figures</caption>", ""),
    "a link to no part": ("links", 'href="#part"', 'href="#other"'),
    "a link to no file": ("links", 'href="#part"', 'href="other.json"'),
    "a link elsewhere": ("links", 'href="#part"', 'href="http://127.0.0.1:9/"'),
    "pale text": ("contrast", "<p>", '<p style="color: #999">'),
    "text that is pale in the dark": ("contrast", "<p>", '<p style="color: #111">'),
    "pale text in a picture": ("contrast", 'fill="#000"', 'fill="#aaa"'),
    "text on a dark box in a picture": ("contrast", 'height="30" fill="#fff"', 'height="30" fill="#333"'),
    "a page too wide": ("width", "<p>Text.</p>", '<p style="width: 2000px">Text.</p>'),
    "a page too wide for a phone": ("width", "<p>Text.</p>", '<p style="width: 500px">Text.</p>'),
    "what scrolls, but not by key": ("width", "<p>Text.</p>",
                                     '<div class="scroll" tabindex="-1"><p style="width: 2000px">Text.</p></div>'),
    "a focus that is not shown": ("focus", "2px solid", "none"),
    "a link out of reach": ("keyboard", '<a href="#part"', '<a tabindex="-1" href="#part"'),
    "an error of a script": ("console", "<p>", "<script>nothing.there();</script><p>"),
    "something of the network": ("network", "<p>", '<link rel="stylesheet" href="http://127.0.0.1:9/s.css"><p>'),
    "a script of another file": ("network", "<p>", '<script src="other.js"></script><p>'),
    "an emulated plot that does not say so": (
        "emulated", "<p>Text.</p>", FIGURE % ("costs", "emulated", "emulated")),
    "an emulated figure whose caption does not say so": (
        "emulated", "<p>Text.</p>", FIGURE % ("emulated costs", "", "emulated")),
    "a figure of hardware that says it": (
        "emulated", "<p>Text.</p>", FIGURE % ("costs", "emulated", "hardware")),
}


def not_found(web, folder):
    page = folder / "page.html"
    (folder / "emulated.json").write_text('{"context": {"emulated": true}}')
    (folder / "hardware.json").write_text('{"context": {"emulated": false}}')
    for name, (rule, old, new) in FAULTS.items():
        assert old in GOOD, name
        page.write_text(GOOD.replace(old, new))
        found = list(problems(web, page))
        if not any(p.startswith(rule + ":") for p in found):
            yield "%s: %s" % (name, found)


# ---- the pages ----

def report(folder, name, *arguments):
    path = folder / ("%s.html" % name)
    subprocess.run([NVSIM, "report", "-q", "-o", path, *arguments], check=True)
    return path


def reports(folder):
    """Of a recording, of a demand stream, and with functions."""
    samples = TOP / "traces/samples"
    yield report(folder, "recorded", samples / "l1-64k.zst")
    yield report(folder, "generated", samples / "demand-scattered.zst")
    yield report(folder, "functions", "--symbols", TOP / "tests/cli/data/kallsyms.txt",
                 samples / "thp-thp.zst")


def results(folder):
    """Of few traces, and of a saved run at EL2."""
    subprocess.run([TOP / "tests/results/fixture.py", NVSIM, folder], check=True, stdout=subprocess.DEVNULL)
    return folder / "index.html"


def shots(web, path, folder):
    for name, look in {"light": {}, "dark": {"scheme": "dark"}, "phone": {"width": PHONE, "height": 740}}.items():
        web.open(Path(path).resolve().as_uri())
        web.look(**look)
        web.screenshot(os.path.join(folder, "%s-%s.png" % (Path(path).stem, name)))


def judge(arguments):
    folder = arguments[1] if arguments[0] == "--shots" else None
    paths = arguments[2:] if folder else arguments
    missing = [path for path in paths if not os.path.isfile(path)]
    if missing:
        sys.exit("test_browser.py: %s: no such file" % missing[0])
    with browser.Browser() as web:
        for path in paths:
            ok(path, list(problems(web, path)))
            if folder:
                shots(web, path, folder)


def test(folder):
    with browser.Browser() as web:
        page = folder / "page.html"
        page.write_text(GOOD)
        ok("a good page", list(problems(web, page)))
        ok("each planted fault is found", list(not_found(web, folder)))
        ok("the page of results", list(problems(web, results(folder / "results"))))
        for path in reports(folder):
            ok("report: %s" % path.stem, list(problems(web, path)))


def main(arguments):
    if browser.missing():
        print("1..0 # SKIP no %s" % browser.missing())
        return 0
    if arguments:
        judge(arguments)
    else:
        with tempfile.TemporaryDirectory() as folder:
            test(Path(folder))
    print("1..%d" % number)
    return bool(failed)


sys.exit(main(sys.argv[1:]))
