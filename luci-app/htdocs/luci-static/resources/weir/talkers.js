'use strict';
'require baseclass';
'require weir.chart as chart';
'require weir.columns as c';
'require weir.format as format';
'require weir.names as names';

// Who talks to whom: clients on the left, servers on the right, and between them
// lines as thick as what was moved.

const ROW = 30, MOST = 12;

const keyOf = (end) => end.device ? 'device:' + end.device : end.ip;

// ends sums up the flows of each client or server, largest first.
function ends(flows, side) {
	const of = {};

	flows.forEach((f) => {
		const end = f[side], key = keyOf(end);

		of[key] = of[key] || { key, end: Object.assign({}, end, { name: end.name || (side == 'server' ? f.host : null) }), bytes: 0 };
		of[key].bytes += c.both(f.bytes);
	});

	return Object.values(of).sort((a, b) => b.bytes - a.bytes).slice(0, MOST);
}

function column(rows, align) {
	return E('div', {}, rows.map((r) => {
		const node = E('div', { 'title': format.bytes(r.bytes) }, [ names.host(r.end) ]);

		Object.assign(node.style, { lineHeight: ROW + 'px', height: ROW + 'px', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', textAlign: align });

		return node;
	}));
}

function picture(flows) {
	const left = ends(flows, 'client'), right = ends(flows, 'server'), links = {}, height = Math.max(left.length, right.length) * ROW;
	const y = (i) => (i + 0.5) * ROW, label = (r) => r.end.name || r.end.ip;

	flows.forEach((f) => {
		const a = left.findIndex((r) => r.key == keyOf(f.client)), b = right.findIndex((r) => r.key == keyOf(f.server)), key = a + ' ' + b;

		if (a >= 0 && b >= 0) {
			links[key] = links[key] || { a, b, bytes: 0, app: f.app || f.protocol };
			links[key].bytes += c.both(f.bytes);
		}
	});

	const all = Object.values(links), max = Math.max(1, ...all.map((l) => l.bytes));
	const text = (l) => _('%s to %s: %s, %s').format(label(left[l.a]), label(right[l.b]), format.bytes(l.bytes), names.appLabel(l.app));
	const lines = chart.svg('svg', { viewBox: '0 0 100 ' + height, width: '100%', height, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, all.map((l) =>
		chart.svg('path', { d: 'M0 ' + y(l.a) + 'C50 ' + y(l.a) + ' 50 ' + y(l.b) + ' 100 ' + y(l.b), fill: 'none', stroke: chart.colour('app:' + l.app),
			'stroke-width': 1 + 11 * Math.sqrt(l.bytes / max), 'stroke-opacity': 0.7, 'vector-effect': 'non-scaling-stroke' }, [ chart.svg('title', {}, [ text(l) ]) ])));
	const node = E('div', {}, [ column(left, 'right'), lines, column(right, 'left') ]);

	Object.assign(node.style, { display: 'grid', gridTemplateColumns: 'minmax(0, 2fr) minmax(0, 2fr) minmax(0, 3fr)', columnGap: '6px' });

	return E('div', {}, [ node, E('ul', { 'class': 'weir-sr' }, all.map((l) => E('li', {}, [ text(l) ]))) ]);
}

return baseclass.extend({ picture });
