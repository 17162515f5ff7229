'use strict';
'require baseclass';
'require weir.state as state';

// What all pictures are made of: SVG elements, the colours of things, round steps
// of an axis.

const NS = 'http://www.w3.org/2000/svg';
const GREY = '#999999';
const KNOWN = 64; // things whose colour is remembered

// A set that the colour-blind tell apart, then the same hues darker, for white letters.
const SET = [
	'#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442',
	'#004a75', '#956700', '#00664b', '#8f4173', '#26769f', '#8a3c00', '#757000'
];

let given = state.recall('colours', []);

function svg(tag, attrs, children) {
	const node = document.createElementNS(NS, tag);

	set(node, attrs);
	(children || []).forEach((c) => node.appendChild(typeof(c) == 'object' ? c : document.createTextNode(c)));

	return node;
}

// set changes attributes; fill and stroke go by way of CSS, which knows variables.
function set(node, attrs) {
	for (const k in attrs)
		if (typeof(attrs[k]) == 'function')
			node.addEventListener(k, attrs[k]);
		else if (k == 'fill' || k == 'stroke')
			node.style.setProperty(k, attrs[k]);
		else if (attrs[k] != null)
			node.setAttribute(k, attrs[k]);
}

// colour gives each thing a colour of its own while there are enough, and keeps it
// for all pages and visits.
function colour(key) {
	if (key == null || /(^|:)(other|unknown|null|)$/.test(key))
		return GREY;

	let slot = given.findIndex((g) => g[0] == key);

	if (slot >= 0)
		return SET[given[slot][1]];

	const last = given.slice(1 - SET.length).map((g) => g[1]);

	for (slot = 0; last.indexOf(slot) >= 0;)
		slot++;

	given = given.slice(1 - KNOWN).concat([ [ key, slot ] ]);
	state.remember('colours', given);

	return SET[slot];
}

// The first of the set and the darker half want white letters on them.
function ink(c) { return (c == SET[0] || SET.indexOf(c) >= 7) ? '#fff' : '#000'; }

// swatch is the sign of a series in legends and beside values.
function swatch(m) {
	const node = E('i', { 'class': 'weir-swatch' + (m.dashed ? ' weir-dashed' : '') });

	node.style.background = m.colour || colour(m.key);

	return node;
}

// ticks are the multiples of 1, 2 or 5 times a power of ten in 0…max, about so many.
function ticks(max, about) {
	const raw = max / about, power = Math.pow(10, Math.floor(Math.log10(raw)));
	const step = [ 1, 2, 5, 10 ].map((f) => f * power).find((s) => s >= raw) || raw;
	const list = [];

	for (let i = 0; i * step < max + step * 0.999; i++)
		list.push(i * step);

	return list;
}

return baseclass.extend({ svg, set, colour, ink, swatch, ticks, GREY, DOWN: 'var(--weir-down, #0069d6)', UP: 'var(--weir-up, #e69f00)' });
