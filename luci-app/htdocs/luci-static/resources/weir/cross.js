'use strict';
'require baseclass';
'require weir.format as format';
'require weir.svg as s';

// The hand on a chart: a crosshair with values, by pointer or arrow keys, dragging
// to zoom, and the same as a table for who does not see it.

const DRAG = 6;    // pixels before a press is a drag
const ROWS = 12;   // of the table for screen readers
const FRESH = 30;  // seconds that table stays as it is

function values(view, i) {
	return view.shown.map((m) => [ m, m.rx[i], m.tx ? m.tx[i] : undefined ]).filter((v) => v[1] || v[2] || view.shown.length < 4);
}

function words(view, v) {
	return (v[2] === undefined) ? view.unit(v[1]) : '↓ ' + view.unit(v[1]) + ' ↑ ' + view.unit(v[2]);
}

function attach(view) {
	const line = s.svg('path', { 'class': 'weir-cross' }), frame = s.svg('rect', { 'class': 'weir-drag' });
	const tip = E('div', { 'class': 'weir-tip' }), said = E('div', { 'class': 'weir-sr', 'aria-live': 'polite' });
	const table = E('table', { 'class': 'weir-sr' });
	const picture = view.picture;
	let at = null, ts = null, press = null, told = 0;

	view.node.firstChild.append(tip, said, table);
	picture.append(frame, line);

	const hide = () => {
		at = ts = null;
		line.setAttribute('d', '');
		tip.style.display = 'none';
	};

	const show = (i) => {
		const n = view.at.length - 1;

		if (n < 1)
			return;

		at = Math.max(0, Math.min(n - 1, i));
		ts = view.at[at];

		const x = view.x((ts + view.at[at + 1]) / 2);

		line.setAttribute('d', 'M' + x + ' ' + view.top + 'V' + view.bottom);
		tip.replaceChildren(E('b', {}, [ format.datetime(ts) ]), ...values(view, at).map((v) =>
			E('div', {}, [ s.swatch(v[0]), v[0].label + ' ', E('span', {}, [ words(view, v) ]) ])), ...(view.data.marks || []).filter((m) => m.ts >= ts && m.ts < view.at[at + 1]).map((m) => E('div', {}, [ '▾ ' + m.text ])));
		tip.style.display = 'block';

		const room = view.width - x > tip.offsetWidth + 16;

		tip.style.left = Math.max(0, room ? x + 12 : x - 12 - tip.offsetWidth) + 'px';
	};

	const nearest = (px) => {
		const t = view.time(px);
		let i = view.at.findIndex((begin) => begin > t);

		return (i < 0) ? view.at.length - 2 : i - 1;
	};

	const place = (ev) => ev.clientX - picture.getBoundingClientRect().left;

	picture.addEventListener('pointermove', (ev) => {
		if (!view.data)
			return;

		const x = Math.max(view.left, place(ev));

		if (press != null && Math.abs(x - press) > DRAG)
			s.set(frame, { x: Math.min(x, press), width: Math.abs(x - press), y: view.top, height: view.bottom - view.top });

		show(nearest(x));
	});
	picture.addEventListener('pointerdown', (ev) => { press = (view.opts.zoom && ev.pointerType == 'mouse' && view.data) ? Math.max(view.left, place(ev)) : null; });
	picture.addEventListener('pointerup', (ev) => {
		const x = Math.max(view.left, place(ev)), from = press;

		press = null;
		frame.setAttribute('width', 0);

		if (from != null && Math.abs(x - from) > DRAG)
			view.opts.zoom(Math.floor(view.time(Math.min(x, from))), Math.ceil(view.time(Math.max(x, from))));
	});
	picture.addEventListener('pointerleave', () => { press = null; frame.setAttribute('width', 0); hide(); });
	picture.addEventListener('dblclick', () => { if (view.opts.zoom) view.opts.zoom(null, null); });
	picture.addEventListener('blur', hide);
	picture.addEventListener('keydown', (ev) => {
		const n = view.at.length - 1, now = (at == null) ? n : at;
		const to = { ArrowLeft: now - 1, ArrowRight: now + 1, PageUp: now - 10, PageDown: now + 10, Home: 0, End: n - 1 }[ev.key];

		if (ev.key == 'Escape')
			hide();

		if (to == null || !view.data)
			return;

		ev.preventDefault();
		show(to);
		said.textContent = format.datetime(ts) + ': ' + values(view, at).map((v) => v[0].label + ' ' + words(view, v)).join(', ');
	});

	// redraw follows the picture: the crosshair stays at its time, the table is
	// written anew when it is old.
	const redraw = () => {
		if (at != null)
			show(view.at.findIndex((begin) => begin >= ts));

		if (format.now() - told < FRESH)
			return;

		told = format.now();

		const n = view.at.length - 1, every = Math.max(1, Math.ceil(n / ROWS)), rows = [];

		for (let i = 0; i < n; i += every)
			rows.push(E('tr', {}, [ E('th', {}, [ format.datetime(view.at[i]) ]) ].concat(view.shown.map((m) =>
				E('td', {}, [ words(view, [ m, m.rx[i], m.tx ? m.tx[i] : undefined ]) ])))));

		table.replaceChildren(E('caption', {}, [ view.opts.label ]),
			E('tr', {}, [ E('th', {}, [ _('Time') ]) ].concat(view.shown.map((m) => E('th', {}, [ m.label ])))), ...rows);
	};

	return { redraw };
}

return baseclass.extend({ attach });
