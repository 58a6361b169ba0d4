// SPDX-License-Identifier: GPL-2.0-only
// What a page of nvsim has to be, for those who cannot see, cannot point, or have a small screen:
// returns a list of what it is not, "rule: what". The body of a function; arguments[0]: the rules
// to check ("all", or "colours" and "width", which depend on how the page is looked at).
const found = [];
const all = selector => [...document.querySelectorAll(selector)];
const say = (rule, what, e) => found.push(rule + ": " + what + (e ? " (" +
	e.outerHTML.replace(/\s+/g, " ").slice(0, 100) + ")" : ""));

function named(e) {
	const by = e.getAttribute("aria-labelledby");
	if (by)
		return by.split(/\s+/).map(id => document.getElementById(id)?.textContent ?? "").join(" ").trim();
	const picture = e.matches("svg, img, [role=img]");
	return (e.getAttribute("aria-label") ?? e.getAttribute("alt") ??
		(picture ? e.querySelector(":scope > title")?.textContent ?? "" : e.textContent)).trim();
}

function document_rules() {
	if (!document.documentElement.lang)
		say("language", "the page does not tell its own");
	if (!document.title.trim())
		say("title", "there is none");
	const levels = all("h1, h2, h3, h4, h5, h6").map(h => [+h.tagName[1], h]);
	if (levels.filter(([level]) => level === 1).length !== 1 || levels[0][0] !== 1)
		say("headings", "there has to be one h1, and it is the first");
	levels.forEach(([level, h], i) => {
		if (i && level > levels[i - 1][0] + 1)
			say("headings", "a level is left out before", h);
		if (!h.textContent.trim())
			say("headings", "one is empty", h);
	});
}

function landmark_rules() {
	for (const name of ["header", "main", "nav"])
		if (all("body > " + name).length !== 1)
			say("landmarks", "there has to be one " + name);
	for (const e of all("body > *:not(header, nav, main, footer, .skip)"))
		say("landmarks", "something is outside of them", e);
	const skip = all("a[href]")[0];
	if (!skip || skip.hash !== "#" + (all("main")[0]?.id || "?"))
		say("skip", "the first link does not lead to main");
}

function name_rules() {
	for (const e of all("a[href], summary, button, nav, section, [role=region], [role=img], img, figure svg"))
		if (!named(e) || (["NAV", "SECTION"].includes(e.tagName) || e.getAttribute("role") === "region") &&
		    !e.getAttribute("aria-label") && !e.getAttribute("aria-labelledby"))
			say("names", "nothing tells what it is", e);
	for (const e of all("svg"))
		if (e.getAttribute("role") !== "img" && e.getAttribute("aria-hidden") !== "true")
			say("names", "an SVG is neither a picture nor hidden", e);
	for (const e of all("img:not([alt])"))
		say("names", "no alt", e);
	const seen = new Set();
	for (const e of all("[role=region], nav")) {
		if (seen.has(named(e)))
			say("names", "another region has the name", e);
		seen.add(named(e));
	}
}

function id_rules() {
	const seen = new Set();
	for (const e of all("[id]")) {
		if (seen.has(e.id))
			say("ids", "twice: " + e.id);
		seen.add(e.id);
	}
	for (const attribute of ["aria-labelledby", "aria-describedby", "for", "headers"])
		for (const e of all("[" + attribute + "]"))
			for (const id of e.getAttribute(attribute).split(/\s+/))
				if (!seen.has(id))
					say("ids", "there is no " + id, e);
	for (const e of all("use")) {
		const id = (e.getAttribute("href") ?? e.getAttribute("xlink:href") ?? "#").slice(1);
		if (!seen.has(id))
			say("ids", "there is no " + id, e);
	}
}

function table_rules() {
	for (const e of all("th:not([scope])"))
		say("scope", "a th has none", e);
	for (const e of all("table"))
		if (!e.querySelector("th") || !e.caption?.textContent.trim())
			say("scope", "a table without th or caption", e);
}

function link_rules() {
	for (const e of all("a[href]"))
		if (e.pathname === location.pathname && e.hash && !document.getElementById(decodeURIComponent(e.hash.slice(1))))
			say("links", "leads nowhere", e);
}

// ---- colours ----

function colour(text) {
	const v = text.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
	return text === "none" || text === "transparent" ? [0, 0, 0, 0] : [v[0], v[1], v[2], v[3] ?? 1];
}

const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);

function luminance(c) {
	const [r, g, b] = c.map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
	const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
	return (high + 0.05) / (low + 0.05);
}

// What is painted behind an element, by its ancestors.
function ground(e) {
	const behind = e.parentElement ? ground(e.parentElement) :
		matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
	return over(colour(getComputedStyle(e).backgroundColor), behind);
}

function fill(e) {
	const style = getComputedStyle(e), c = colour(style.fill);
	return [c[0], c[1], c[2], c[3] * style.fillOpacity * style.opacity];
}

// Shapes of a picture that are painted before the text, and where the text is.
function ground_in_picture(e) {
	const svg = e.ownerSVGElement, box = e.getBoundingClientRect();
	const at = new DOMPoint(box.x + box.width / 2, box.y + box.height / 2);
	let behind = ground(svg);
	for (const shape of svg.querySelectorAll("rect, path, polygon, circle")) {
		if (!(shape.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING) || shape.closest("defs"))
			continue;
		if (shape.isPointInFill(at.matrixTransform(shape.getScreenCTM().inverse())))
			behind = over(fill(shape), behind);
	}
	return behind;
}

function text_elements() {
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), elements = new Set();
	while (walker.nextNode())
		if (walker.currentNode.data.trim())
			elements.add(walker.currentNode.parentElement);
	return [...elements].filter(e => e.checkVisibility() && !e.closest("title, desc, style, script, defs"));
}

function colour_rules() {
	for (const e of text_elements()) {
		const style = getComputedStyle(e), picture = Boolean(e.ownerSVGElement);
		const behind = picture ? ground_in_picture(e) : ground(e);
		const ink = over(picture ? fill(e) : colour(style.color), behind);
		const size = parseFloat(style.fontSize), bold = style.fontWeight >= 700;
		const ratio = contrast(ink, behind);
		if (ratio < (size >= 24 || bold && size >= 18.66 ? 3 : 4.5))
			say("contrast", ratio.toFixed(2) + " of '" + e.textContent.trim().slice(0, 30) + "'", e);
	}
}

function width_rules() {
	const page = document.documentElement;
	if (page.scrollWidth > page.clientWidth)
		say("width", page.scrollWidth + " px in a window of " + page.clientWidth + ": " +
			all("body *").filter(e => e.getBoundingClientRect().right > page.clientWidth &&
				!e.parentElement.closest(".scroll")).map(e => e.tagName).slice(0, 3));
	for (const e of all(".scroll"))
		if (e.scrollWidth > e.clientWidth && e.tabIndex < 0)
			say("width", "the keyboard cannot scroll", e);
}

const rules = {
	all: [document_rules, landmark_rules, name_rules, id_rules, table_rules, link_rules],
	colours: [colour_rules], width: [width_rules],
};
arguments[0].forEach(group => rules[group].forEach(rule => rule()));
return found;
