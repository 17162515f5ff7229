'use strict';
'require baseclass';
'require weir.chart as chart';
'require weir.format as format';
'require weir.map as map';
'require weir.names as names';
'require weir.state as state';

// The picture of the World page: countries shaded by their part of the traffic, and a
// mark for each, as large as its part. Marks that would hide each other are moved
// apart, with a line to where they belong.

const FROM = [ 0, 1, 5, 20, 50 ];                 // per cent, where a shade begins
const SHADES = [ 0.22, 0.4, 0.58, 0.78, 1 ];
const MARKS = 40, TURNS = 80, GAP = 2;
const INK = 'var(--primary-color-high, #0069d6)', PAPER = 'var(--background-color-high, #fff)', TEXT = 'var(--text-color-high, #404040)';

// Parts of the map: left, top, width and height in its units.
const VIEWS = [
	[ _('World'), 0, 8, 1080, 412 ],
	[ _('Europe'), 470, 44, 170, 106 ],
	[ _('North America'), 60, 60, 300, 160 ],
	[ _('South America'), 210, 200, 230, 214 ],
	[ _('Africa'), 440, 130, 290, 230 ],
	[ _('Asia'), 590, 60, 380, 240 ],
	[ _('Oceania'), 780, 220, 300, 180 ]
];

function shade(pct) {
	return SHADES[FROM.filter((f) => pct >= f).length - 1];
}

// spread moves marks until no two overlap, or as far as there is time.
function spread(marks, width, height) {
	for (let turn = 0; turn < TURNS; turn++) {
		let still = true;

		marks.forEach((m) => { m.x += (m.hx - m.x) * 0.05; m.y += (m.hy - m.y) * 0.05; });
		marks.forEach((a, i) => marks.slice(i + 1).forEach((b) => {
			const dx = (b.x - a.x) || Math.cos(i), dy = (b.y - a.y) || Math.sin(i);
			const far = Math.sqrt(dx * dx + dy * dy), missing = a.r + b.r + GAP - far;

			if (missing <= 0)
				return;

			const push = missing / far / (a.r + b.r);

			still = false;
			a.x -= dx * push * b.r;
			a.y -= dy * push * b.r;
			b.x += dx * push * a.r;
			b.y += dy * push * a.r;
		}));
		marks.forEach((m) => {
			m.x = Math.max(m.r, Math.min(width - m.r, m.x));
			m.y = Math.max(m.r, Math.min(height - m.r, m.y));
		});

		if (still)
			break;
	}
}

function legend() {
	return E('div', { 'class': 'weir-legend' }, FROM.map((f, i) => {
		const swatch = E('i', { 'class': 'weir-swatch' });

		swatch.style.background = INK;
		swatch.style.opacity = SHADES[i];

		return E('span', {}, [ swatch, i ? _('from %d %%').format(f) : _('under %d %%').format(FROM[1]) ]);
	}));
}

// create makes the map; update(rows) takes { key, value, pct } for each country, the
// largest first.
function create() {
	const land = {}, outlines = chart.svg('g', { 'aria-hidden': 'true' }), marks = chart.svg('g');
	const picture = chart.svg('svg', { 'class': 'weir-chart', role: 'group', 'aria-label': _('Map of the traffic by country; the arrow keys go from country to country') }, [ outlines, marks ]);
	const frame = E('div', { 'class': 'weir-plot' }, [ picture ]), readout = E('p', { 'class': 'weir-note', 'aria-hidden': 'true' });
	let rows = [], at = state.recall('map', 0), focus = 0;

	map.countries().forEach((c) => {
		const path = c.d ? chart.svg('path', { d: c.d, 'vector-effect': 'non-scaling-stroke', 'stroke-width': 0.5, stroke: PAPER }) : null;

		land[c.code] = { x: c.x, y: c.y, path };

		if (path)
			outlines.appendChild(path);
	});

	const text = (r) => _('%s: %s, %s').format(names.countryName(r.key), format.bytes(r.value), format.percent(r.pct));
	const say = (r) => { readout.textContent = r ? text(r) : '\u00a0'; };

	const mark = (m, i) => {
		const moved = Math.hypot(m.x - m.hx, m.y - m.hy) > m.r;
		const link = chart.svg('a', { href: state.link('world', { country: m.row.key }), tabindex: (i == focus) ? 0 : -1, 'aria-label': text(m.row),
			focus: () => { focus = i; say(m.row); }, mouseenter: () => say(m.row), mouseleave: () => say(null) }, [
			chart.svg('title', {}, [ text(m.row) ]),
			chart.svg('circle', { cx: m.x, cy: m.y, r: m.r, fill: PAPER, 'fill-opacity': 0.75, stroke: TEXT }),
			(m.r < 8) ? chart.svg('g') : chart.svg('text', { x: m.x, y: m.y + 4, 'text-anchor': 'middle', fill: TEXT }, [ m.row.key ])
		]);

		return moved ? [ chart.svg('line', { x1: m.hx, y1: m.hy, x2: m.x, y2: m.y, stroke: TEXT }), link ] : [ link ];
	};

	const draw = () => {
		const width = frame.clientWidth, v = VIEWS[at] || VIEWS[0];

		if (width < 100)
			return;

		const height = Math.round(Math.max(140, Math.min(480, width * VIEWS[0][4] / VIEWS[0][3])));
		const scale = Math.min(width / v[3], height / v[4]), left = (width - v[3] * scale) / 2 - v[1] * scale, top = (height - v[4] * scale) / 2 - v[2] * scale;
		const most = rows.length ? rows[0].pct : 1;

		const shown = rows.filter((r) => land[r.key]).slice(0, MARKS).map((row) => {
			const x = land[row.key].x * scale + left, y = land[row.key].y * scale + top;

			return { row, x, y, hx: x, hy: y, r: Math.max(4, Math.sqrt(row.pct / most) * Math.min(18, 9 + width / 120)) };
		}).filter((m) => m.x > 0 && m.x < width && m.y > 0 && m.y < height);

		picture.setAttribute('width', width);
		picture.setAttribute('height', height);
		outlines.setAttribute('transform', 'translate(' + left + ' ' + top + ') scale(' + scale + ')');
		spread(shown, width, height);
		focus = Math.min(focus, Math.max(0, shown.length - 1));
		marks.replaceChildren(...shown.map(mark).flat());
	};

	picture.addEventListener('keydown', (ev) => {
		const links = Array.from(marks.querySelectorAll('a')), step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[ev.key];

		if (!step || !links.length)
			return;

		ev.preventDefault();
		links.forEach((a) => a.setAttribute('tabindex', -1));
		focus = (focus + step + links.length) % links.length;
		links[focus].setAttribute('tabindex', 0);
		links[focus].focus();
	});

	const view = E('select', { 'class': 'cbi-input-select', 'aria-label': _('Part of the world'), 'change': (ev) => {
		at = +ev.target.value;
		state.remember('map', at);
		draw();
	} }, VIEWS.map((v, i) => E('option', { 'value': i, 'selected': (i == at) || null }, [ v[0] ])));

	say(null);
	new ResizeObserver(draw).observe(frame);

	return {
		node: E('div', {}, [ E('div', { 'class': 'weir-tools' }, [ view ]), frame, readout, legend() ]),
		update(list) {
			rows = list;
			Object.keys(land).filter((k) => land[k].path).forEach((k) => {
				const r = rows.find((row) => row.key == k && row.value);

				land[k].path.style.fill = r ? INK : 'currentColor';
				land[k].path.style.fillOpacity = r ? shade(r.pct) : 0.12;
			});
			draw();
		}
	};
}

return baseclass.extend({ create });
