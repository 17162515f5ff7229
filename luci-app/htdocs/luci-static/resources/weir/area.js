'use strict';
'require baseclass';
'require weir.format as format';
'require weir.svg as s';
'require weir.cross as cross';

// The chart of amounts over time: areas on top of each other, or lines; download
// up and upload down where there are both.

const LEFT = 62, RIGHT = 6, TOP = 8, BOTTOM = 20;
const UNITS = { rate: format.rate, bytes: format.bytes, count: format.count };
const STEPS = [ 1, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, 31536000 ];

// begins are the times at which slots begin, with the end of the last one after them.
function begins(data) {
	const n = Math.max(0, ...data.series.map((m) => (m.values || m.rx).length));
	const list = [];

	for (let i = 0; i <= n; i++)
		list.push(data.starts ? data.starts[i] ?? data.starts[n - 1] + data.step : data.start + i * data.step);

	return list;
}

// levels stacks what is shown: for each series its upper edge in each slot; null
// where no series has a value.
function levels(shown, part, n, lines) {
	const sum = new Array(n).fill(0);
	const some = sum.map((_v, i) => shown.some((m) => m[part] && m[part][i] != null));

	return shown.map((m) => {
		const stacked = !lines && !m.dashed;

		return {
			base: stacked ? sum.slice() : null,
			top: sum.map((_v, i) => {
				const v = m[part] ? m[part][i] : null;

				if (!stacked)
					return v;

				sum[i] += v || 0;

				return some[i] ? sum[i] : null;
			})
		};
	});
}

function round(v) { return Math.round(v * 10) / 10; }

// trace draws the runs between gaps, from the beginning of their first slot to the
// end of their last; closed along the base where there is one.
function trace(level, at, x, y) {
	const n = level.top.length;
	let d = '';

	for (let i = 0; i < n; i++) {
		if (level.top[i] == null)
			continue;

		let j = i, back = '';
		const first = y(level.base ? level.base[i] : 0);

		d += 'M' + x(at[i]) + ' ' + y(level.top[i]);

		for (; j < n && level.top[j] != null; j++) {
			const mid = x((at[j] + at[j + 1]) / 2);

			d += 'L' + mid + ' ' + y(level.top[j]);

			if (level.base)
				back = 'L' + mid + ' ' + y(level.base[j]) + back;
		}

		d += 'L' + x(at[j]) + ' ' + y(level.top[j - 1]);

		if (level.base)
			d += 'L' + x(at[j]) + ' ' + y(level.base[j - 1]) + back + 'L' + x(at[i]) + ' ' + first + 'Z';

		i = j;
	}

	return d;
}

function timeLabel(ts, step) {
	return (step < 60) ? format.time(ts) : (step < 86400) ? format.clock(ts) : format.day(ts);
}

function area(opts) {
	const unit = UNITS[opts.unit] || opts.unit || format.count;
	const height = opts.height || 220;
	const grid = s.svg('g', { 'class': 'weir-grid' }), shapes = s.svg('g'), marks = s.svg('g', { 'class': 'weir-marks' });
	const picture = s.svg('svg', { height: height, 'class': 'weir-chart', tabindex: 0, role: 'img', 'aria-label': opts.label }, [ grid, shapes, marks ]);
	const legend = E('div', { 'class': 'weir-legend' });
	const node = E('div', { 'class': 'weir-area' }, [ E('div', { 'class': 'weir-plot' }, [ picture ]), opts.legend === false ? '' : legend ]);
	const hidden = {}, paths = {};
	const view = { data: null, at: [], shown: [], unit, opts, node, picture, left: LEFT, top: TOP, bottom: height - BOTTOM };
	const pointer = cross.attach(view);
	let keys = null;

	const path = (name, m, line) => {
		const p = paths[name] = paths[name] || shapes.appendChild(s.svg('path'));
		const c = m.colour || s.colour(m.key);

		s.set(p, line ? { fill: 'none', stroke: c, 'stroke-width': 2, 'stroke-dasharray': m.dashed ? '4 4' : 'none' } : { fill: c, stroke: 'none' });
		p.used = true;

		return p;
	};

	const axes = (max, min, y, x) => {
		const step = s.ticks(max + min || 1, height / 45)[1];
		const lines = [], width = view.width;

		for (let v = -Math.floor(min / step) * step; v <= max * 1.001; v += step)
			lines.push(s.svg('line', { x1: LEFT, x2: width - RIGHT, y1: y(v), y2: y(v), 'class': v ? '' : 'weir-zero' }),
				s.svg('text', { x: LEFT - 6, y: y(v) + 4, 'text-anchor': 'end' }, [ unit(Math.abs(v)) ]));

		const from = view.at[0], to = view.at[view.at.length - 1];
		const every = STEPS.find((t) => t * (width - LEFT) / (to - from || 1) > 90) || STEPS[STEPS.length - 1];

		for (let t = Math.ceil((from + format.zone()) / every) * every - format.zone(); t <= to; t += every)
			if (x(t) < width - 60)
				lines.push(s.svg('text', { x: x(t), y: height - 6 }, [ timeLabel(t, every) ]));

		lines.push(s.svg('text', { x: width - RIGHT, y: height - 6, 'text-anchor': 'end', 'class': 'weir-corner' }, [ format.zoneName() ]));
		grid.replaceChildren(...lines);
	};

	const draw = () => {
		const data = view.data, width = view.width = picture.parentNode.clientWidth;

		if (!data || width < 100)
			return;

		const at = view.at = begins(data), n = at.length - 1;
		const shown = view.shown = data.series.filter((m) => !hidden[m.key]).map((m) => Object.assign({ rx: m.values }, m));
		const down = levels(shown, 'rx', n, opts.lines), up = levels(shown, 'tx', n, opts.lines);
		const most = (list) => list.reduce((a, l) => l.top.reduce((b, v) => (v > b ? v : b), a), 0);
		const max = most(down), min = most(up), span = (max + min) * 1.02 || 1;
		const from = at[0], scale = (width - LEFT - RIGHT) / (at[n] - from || 1);
		const zero = TOP + (view.bottom - TOP) * ((max * 1.02 || (min ? 0 : 1)) / span);
		const x = view.x = (t) => round(LEFT + (t - from) * scale);
		const y = (v) => round(zero - v * (view.bottom - TOP) / span);

		view.time = (px) => from + (px - LEFT) / scale;
		picture.setAttribute('width', width);
		axes(max, min, y, x);
		Object.values(paths).forEach((p) => { p.used = false; });
		shown.forEach((m, i) => {
			path('rx ' + m.key, m, !down[i].base).setAttribute('d', trace(down[i], at, x, y));

			if (m.tx)
				path('tx ' + m.key, m, !up[i].base).setAttribute('d', trace(up[i], at, x, (v) => y(-v)));
		});
		Object.keys(paths).filter((k) => !paths[k].used).forEach((k) => { paths[k].remove(); delete paths[k]; });
		marks.replaceChildren(...(data.marks || []).filter((m) => m.ts >= from && m.ts <= at[n]).map((m) =>
			s.svg('g', {}, [ s.svg('title', {}, [ format.datetime(m.ts) + ' ' + m.text ]),
				s.svg('path', { d: 'M' + x(m.ts) + ' ' + TOP + 'V' + view.bottom }),
				s.svg('path', { d: 'M' + (x(m.ts) - 5) + ' ' + (TOP - 8) + 'h10l-5 8z', 'class': 'weir-mark' }) ])));
		pointer.redraw();
	};

	const name = () => {
		const now = view.data.series.map((m) => m.key + m.label).join('\n');

		if (opts.legend === false || now == keys)
			return;

		keys = now;
		legend.replaceChildren(...view.data.series.map((m) => E('button', { 'type': 'button', 'aria-pressed': String(!hidden[m.key]), 'title': _('Show or hide'), 'click': (ev) => {
			hidden[m.key] = !hidden[m.key];
			ev.currentTarget.setAttribute('aria-pressed', String(!hidden[m.key]));
			draw();
		} }, [ s.swatch(m), m.label ])));
	};

	new ResizeObserver(draw).observe(picture.parentNode);

	return { node, update(data) { view.data = data; name(); draw(); } };
}

return baseclass.extend({ area });
