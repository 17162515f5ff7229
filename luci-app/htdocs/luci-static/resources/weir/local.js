'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.format as format';
'require weir.table as table';

// What the pages that look back share.

// list shows rows that a page has already, sorted by what each column gives CSV; get
// returns them, opts are those of weir.table.
function list(get, opts) {
	const columns = opts.columns.map((c) => Object.assign({ sort: c.key }, c));

	const load = (args) => {
		const column = columns.find((c) => c.sort == args.sort) || columns[0], way = args.desc ? -1 : 1;
		const rows = get().map((row) => [ (column.csv || column.text)(row), row ]);

		rows.sort((a, b) => way * (isNaN(a[0]) || isNaN(b[0]) ? L.naturalCompare(a[0], b[0]) : a[0] - b[0]));

		return Promise.resolve({ rows: rows.map((r) => r[1]), total: rows.length });
	};

	return table.create(Object.assign({ paged: false, keep: false, load }, opts, { columns }));
}

// share is a column with a part of 100 as a bar and a number.
function share(get, colour) {
	return { key: 'share', title: _('Share'), num: true, card: true, csv: get, dep: get, node: (row) => {
		const bar = chart.bar((get(row) || 0) / 100, colour ? colour(row) : chart.DOWN);

		bar.style.display = 'inline-flex';
		bar.style.width = '36px';

		return [ bar, ' ' + format.percent(get(row)) ];
	} };
}

// trend is a column with what became of it since the time before.
function trend() {
	return { key: 'change', title: _('Trend'), num: true, card: true, csv: (r) => r.change_pct,
		text: (r) => (r.before === 0) ? _('new') : format.trend(r.change_pct) };
}

// follow shows a reply that is there and then, every so many seconds, what ask brings.
function follow(frame, seconds, reply, ask, show) {
	frame.live(api.poll(frame.node, seconds, () => Promise.resolve(reply || ask()).then((now) => {
		reply = null;

		return show(now);
	})));
}

// time is the period in the address, as methods take it.
function time(at) { return { period: at.period || 'day', from: +at.from || null, to: +at.to || null }; }

return baseclass.extend({ list, share, trend, follow, time });
