'use strict';
'require baseclass';
'require weir.area as area';
'require weir.format as format';
'require weir.svg as s';

// All pictures, for pages: the large one of area.js, and here the small ones. Those
// that change with time are nodes that redraw() changes.

const WIDTH = 80, HEIGHT = 20;

// redraw draws a picture of this module anew; equal arguments cost nothing.
function redraw(node, ...args) {
	const now = args.join(' ');

	if (node.shown != now)
		node.redraw(...args);

	node.shown = now;

	return node;
}

function spark(values, label) {
	const line = s.svg('path'), node = s.svg('svg', { 'class': 'weir-spark', width: WIDTH, height: HEIGHT, role: 'img', 'aria-label': label || _('Course') }, [ line ]);

	node.redraw = (list) => {
		const max = Math.max(1, ...list), step = WIDTH / Math.max(1, list.length - 1);
		let d = '', pen = 'M';

		list.forEach((v, i) => {
			if (v != null)
				d += pen + Math.round(i * step) + ' ' + Math.round((HEIGHT - 1.5 - (HEIGHT - 3) * v / max) * 10) / 10;

			pen = (v == null) ? 'M' : 'L';
		});
		line.setAttribute('d', d);
	};

	return redraw(node, values);
}

function bar(share, colour) {
	const fill = E('i'), node = E('span', { 'class': 'weir-gauge', 'aria-hidden': 'true' }, [ fill ]);

	fill.style.background = colour || s.DOWN;
	node.redraw = (x) => { fill.style.width = Math.max(x > 0 ? 1 : 0, Math.min(100, x * 100)) + '%'; };

	return redraw(node, share || 0);
}

function split(tx, rx, names) {
	const left = E('i'), right = E('i'), node = E('span', { 'class': 'weir-gauge weir-split', 'role': 'img' }, [ left, right ]);
	const sides = names || [ _('sent'), _('received') ];

	left.style.background = s.UP;
	right.style.background = s.DOWN;
	node.redraw = (a, b) => {
		const part = (a + b) ? a / (a + b) * 100 : 0;
		const text = sides[0] + ' ' + format.bytes(a) + ' (' + format.percent(part) + '), ' + sides[1] + ' ' + format.bytes(b);

		left.style.width = part + '%';
		right.style.width = ((a + b) ? 100 - part : 0) + '%';
		node.title = text;
		node.setAttribute('aria-label', text);
	};

	return redraw(node, tx || 0, rx || 0);
}

// heat is a week as a table: days down, hours across; how dark says how much.
function heat(week, label) {
	const max = Math.max(1, ...week.map((d) => Math.max(...d)));
	// 5 January 1970 was a Monday.
	const dayName = (d) => new Intl.DateTimeFormat(format.LOCALE, { weekday: 'short', timeZone: 'UTC' }).format((4 + d) * 864e5);
	const head = E('tr', {}, [ E('td') ].concat(week[0].map((_v, h) => E('th', { 'scope': 'col' }, [ h % 6 ? '' : String(h) ]))));

	return E('table', { 'class': 'weir-heat' }, [ E('caption', { 'class': 'weir-sr' }, [ label ]), head ].concat(week.map((hours, d) =>
		E('tr', {}, [ E('th', { 'scope': 'row' }, [ dayName(d) ]) ].concat(hours.map((v, h) => {
			const text = _('%s %d:00 to %d:00: %s').format(dayName(d), h, h + 1, format.bytes(v));
			const cell = E('td', { 'title': text }, [ E('i'), E('span', { 'class': 'weir-sr' }, [ format.bytes(v) ]) ]);

			// A little is visible too: the eye compares roots better than amounts.
			cell.firstChild.style.opacity = v ? 0.12 + 0.88 * Math.sqrt(v / max) : 0;

			return cell;
		}))))));
}

function donut(parts, label) {
	const sum = parts.reduce((a, p) => a + p.value, 0), R = 40, ROUND = 2 * Math.PI * R;
	let from = 0;

	const rings = parts.map((p) => {
		const length = sum ? p.value / sum * ROUND : 0;
		const ring = s.svg('circle', { cx: 60, cy: 60, r: R, fill: 'none', stroke: s.colour(p.key), 'stroke-width': 22,
			'stroke-dasharray': Math.max(0, length - 1) + ' ' + ROUND, 'stroke-dashoffset': -from, transform: 'rotate(-90 60 60)' });

		from += length;

		return ring;
	});

	return E('div', { 'class': 'weir-donut' }, [
		s.svg('svg', { width: 120, height: 120, role: 'img', 'aria-label': label }, rings),
		E('ul', {}, parts.map((p) => E('li', {}, [ s.swatch(p), p.label + ' ', E('b', {}, [ format.percent(sum ? p.value / sum * 100 : 0) ]) ])))
	]);
}

function spans(list, from, to, label) {
	const scale = 1000 / (to - from || 1);
	const text = (l) => format.datetime(l.from) + ' – ' + (l.to >= to ? _('now') : format.datetime(l.to));

	return E('div', { 'class': 'weir-spans' }, [
		s.svg('svg', { viewBox: '0 0 1000 24', preserveAspectRatio: 'none', height: 24, role: 'img', 'aria-label': label }, list.map((l) =>
			s.svg('rect', { x: (Math.max(from, l.from) - from) * scale, y: 2, width: Math.max(1, (Math.min(to, l.to) - Math.max(from, l.from)) * scale), height: 20 },
				[ s.svg('title', {}, [ text(l) ]) ]))),
		E('div', {}, [ E('span', {}, [ format.datetime(from) ]), E('span', {}, [ format.datetime(to) ]) ]),
		E('ul', { 'class': 'weir-sr' }, list.slice(-20).map((l) => E('li', {}, [ text(l) ])))
	]);
}

return baseclass.extend({
	svg: s.svg, colour: s.colour, DOWN: s.DOWN, UP: s.UP, GREY: s.GREY, area: area.area,
	redraw, spark, bar, split, heat, donut, spans
});
