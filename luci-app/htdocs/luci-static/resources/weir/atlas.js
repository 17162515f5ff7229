'use strict';
'require baseclass';
'require weir.chart as chart';
'require weir.format as format';
'require weir.map as map';
'require weir.names as names';
'require weir.state as state';

// The picture of the World page: countries shaded by their part of the traffic, each
// with a mark as large as its part. Marks that would hide each other are moved apart,
// with a line to where they belong.

const FROM = [ 0, 1, 5, 20, 50 ], SHADES = [ 0.22, 0.4, 0.58, 0.78, 1 ]; // per cent, opacity
const MARKS = 40, TURNS = 80, GAP = 2;
const PAPER = 'var(--background-color-high, #fff)', TEXT = 'var(--text-color-high, #404040)';

// Parts of the map: left, top, width and height in its units.
const VIEWS = [
	[ _('World'), 0, 8, 1080, 412 ], [ _('Europe'), 470, 44, 170, 106 ], [ _('North America'), 60, 60, 300, 160 ],
	[ _('South America'), 210, 200, 230, 214 ], [ _('Africa'), 440, 130, 290, 230 ], [ _('Asia'), 590, 60, 380, 240 ], [ _('Oceania'), 780, 220, 300, 180 ]
];

// spread moves marks until no two overlap, or as far as there is time.
function spread(marks, width, height) {
	for (let turn = 0, still = false; turn < TURNS && !still; turn++) {
		still = true;
		marks.forEach((a, i) => {
			a.x += (a.hx - a.x) * 0.05;
			a.y += (a.hy - a.y) * 0.05;
			marks.slice(i + 1).forEach((b) => {
				const dx = (b.x - a.x) || Math.cos(i), dy = (b.y - a.y) || Math.sin(i), far = Math.hypot(dx, dy);
				const push = (a.r + b.r + GAP - far) / far / (a.r + b.r);

				if (push <= 0)
					return;

				still = false;
				a.x -= dx * push * b.r;
				a.y -= dy * push * b.r;
				b.x += dx * push * a.r;
				b.y += dy * push * a.r;
			});
			a.x = Math.max(a.r, Math.min(width - a.r, a.x));
			a.y = Math.max(a.r, Math.min(height - a.r, a.y));
		});
	}
}

function legend() {
	return E('div', { 'class': 'weir-legend' }, FROM.map((f, i) => {
		const swatch = E('i', { 'class': 'weir-swatch' });

		swatch.style.background = chart.DOWN;
		swatch.style.opacity = SHADES[i];

		return E('span', {}, [ swatch, f ? _('from %d %%').format(f) : _('under %d %%').format(FROM[1]) ]);
	}));
}

// create makes the map; update takes { key, value, pct } for each country, the largest first.
function create() {
	const land = {}, outlines = chart.svg('g', { 'aria-hidden': 'true' }), marks = chart.svg('g');
	const picture = chart.svg('svg', { 'class': 'weir-chart', role: 'group', 'aria-label': _('Map of the traffic by country; the arrow keys go from country to country') }, [ outlines, marks ]);
	const frame = E('div', { 'class': 'weir-plot' }, [ picture ]), readout = E('p', { 'class': 'weir-note', 'aria-hidden': 'true' });
	let rows = [], at = state.recall('map', 0), focus = 0;

	const text = (r) => _('%s: %s, %s').format(names.countryName(r.key), format.bytes(r.value), format.percent(r.pct));
	const say = (r) => { readout.textContent = r ? text(r) : ''; };

	const mark = (m, i) => [
		(Math.hypot(m.x - m.hx, m.y - m.hy) > m.r) ? chart.svg('line', { x1: m.hx, y1: m.hy, x2: m.x, y2: m.y, stroke: TEXT }) : chart.svg('g'),
		chart.svg('a', { href: state.link('world', { country: m.row.key }), tabindex: (i == focus) ? 0 : -1, 'aria-label': m.row.key + ' ' + text(m.row),
			focus: () => { focus = i; say(m.row); }, mouseenter: () => say(m.row), mouseleave: () => say() }, [
			chart.svg('title', {}, [ text(m.row) ]),
			chart.svg('circle', { cx: m.x, cy: m.y, r: m.r, fill: PAPER, 'fill-opacity': 0.75, stroke: TEXT }),
			chart.svg('text', { x: m.x, y: m.y + 4, 'text-anchor': 'middle', 'aria-hidden': 'true' }, [ (m.r < 8) ? '' : m.row.key ])
		])
	];

	const draw = () => {
		const width = frame.clientWidth, [ , left, top, wide, high ] = VIEWS[at] || VIEWS[0];

		if (width < 100)
			return;

		const height = Math.round(Math.max(140, Math.min(480, width * 0.38))), scale = Math.min(width / wide, height / high);
		const dx = (width - wide * scale) / 2 - left * scale, dy = (height - high * scale) / 2 - top * scale;

		const shown = rows.filter((r) => land[r.key]).slice(0, MARKS).map((row) => {
			const x = land[row.key].x * scale + dx, y = land[row.key].y * scale + dy;

			return { row, x, y, hx: x, hy: y, r: Math.max(4, Math.sqrt(row.pct / rows[0].pct) * Math.min(18, 9 + width / 120)) };
		}).filter((m) => m.x > 0 && m.x < width && m.y > 0 && m.y < height);

		picture.setAttribute('width', width);
		picture.setAttribute('height', height);
		outlines.setAttribute('transform', 'translate(' + dx + ' ' + dy + ') scale(' + scale + ')');
		spread(shown, width, height);
		focus = Math.min(focus, Math.max(0, shown.length - 1));
		marks.replaceChildren(...shown.map(mark).flat());
	};

	picture.addEventListener('keydown', (ev) => {
		const links = marks.querySelectorAll('a'), step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[ev.key];

		if (!step || !links.length)
			return;

		ev.preventDefault();
		links[focus].setAttribute('tabindex', -1);
		focus = (focus + step + links.length) % links.length;
		links[focus].setAttribute('tabindex', 0);
		links[focus].focus();
	});

	map.countries().forEach((c) => {
		c.path = outlines.appendChild(chart.svg('path', { d: c.d, 'vector-effect': 'non-scaling-stroke', 'stroke-width': 0.5, stroke: PAPER }));
		land[c.code] = c;
	});

	const view = E('select', { 'class': 'cbi-input-select', 'aria-label': _('Part of the world'), 'change': (ev) => {
		at = +ev.target.value;
		state.remember('map', at);
		draw();
	} }, VIEWS.map((v, i) => E('option', { 'value': i, 'selected': (i == at) || null }, [ v[0] ])));

	new ResizeObserver(draw).observe(frame);

	return {
		node: E('div', {}, [ E('div', { 'class': 'weir-tools' }, [ view ]), frame, readout, legend() ]),
		update(list) {
			rows = list;
			Object.values(land).forEach((c) => {
				const r = rows.find((row) => row.key == c.code && row.value);

				c.path.style.fill = r ? chart.DOWN : 'currentColor';
				c.path.style.fillOpacity = r ? SHADES[FROM.filter((f) => r.pct >= f).length - 1] : 0.12;
			});

			// Whoever stands on a mark keeps it.
			if (!marks.contains(document.activeElement))
				draw();
		}
	};
}

return baseclass.extend({ create });
