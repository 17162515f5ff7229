'use strict';
'require baseclass';
'require weir.chart as chart';
'require weir.columns as columns';
'require weir.format as format';
'require weir.names as names';

// Who talks to whom: clients on the left, servers on the right, and between them
// lines as thick as what was moved.

const ROW = 30, MOST = 12;

const called = (end) => end.name || end.ip;

function ends(flows, side) {
	const of = {};

	flows.forEach((f) => {
		const end = f[side], key = end.device ? 'device:' + end.device : end.ip;

		of[key] = of[key] || { key, end: (side == 'server' && !end.name) ? Object.assign({}, end, { name: f.host }) : end, bytes: 0 };
		of[key].bytes += columns.both(f.bytes);
		f[side + 'Key'] = key;
	});

	return Object.values(of).sort((a, b) => b.bytes - a.bytes).slice(0, MOST);
}

function column(rows, right) {
	return E('div', {}, rows.map((r) => {
		const node = E('div', { 'class': 'weir-talker', 'title': format.bytes(r.bytes) }, [ names.host(r.end) ]);

		node.style.height = node.style.lineHeight = ROW + 'px';
		node.style.overflow = 'hidden';
		node.style.textOverflow = 'ellipsis';
		node.style.whiteSpace = 'nowrap';
		node.style.textAlign = right ? 'left' : 'right';

		return node;
	}));
}

function picture(flows) {
	const left = ends(flows, 'client'), right = ends(flows, 'server'), links = {};

	flows.forEach((f) => {
		const a = left.findIndex((r) => r.key == f.clientKey), b = right.findIndex((r) => r.key == f.serverKey), key = a + ' ' + b;

		if (a < 0 || b < 0)
			return;

		links[key] = links[key] || { a, b, bytes: 0, app: f.app || f.protocol };
		links[key].bytes += columns.both(f.bytes);
	});

	const all = Object.values(links), max = Math.max(1, ...all.map((l) => l.bytes)), height = Math.max(left.length, right.length) * ROW;
	const text = (l) => _('%s to %s: %s, %s').format(called(left[l.a].end), called(right[l.b].end), format.bytes(l.bytes), names.appLabel(l.app));
	const y = (i) => (i + 0.5) * ROW;

	const lines = chart.svg('svg', { viewBox: '0 0 100 ' + height, height, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, all.map((l) =>
		chart.svg('path', { d: 'M0 ' + y(l.a) + ' C50 ' + y(l.a) + ' 50 ' + y(l.b) + ' 100 ' + y(l.b), fill: 'none', stroke: chart.colour('app:' + l.app),
			'stroke-width': 1 + 11 * Math.sqrt(l.bytes / max), 'stroke-opacity': 0.7, 'vector-effect': 'non-scaling-stroke' }, [ chart.svg('title', {}, [ text(l) ]) ])));
	const node = E('div', {}, [ column(left, false), lines, column(right, true) ]);

	lines.style.width = '100%';
	node.style.display = 'grid';
	node.style.gridTemplateColumns = 'minmax(0, 2fr) minmax(0, 3fr) minmax(0, 2fr)';
	node.style.columnGap = '6px';

	return E('div', {}, [ node, E('ul', { 'class': 'weir-sr' }, all.map((l) => E('li', {}, [ text(l) ]))) ]);
}

return baseclass.extend({ picture });
