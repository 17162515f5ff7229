'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.format as format';
'require weir.table as table';

// Lists of the pages that look back.

// list shows rows that a page has already, sorted here by what each column gives CSV.
// get returns the rows; opts are those of weir.table.
function list(get, opts) {
	const columns = opts.columns.map((c) => Object.assign({ sort: c.key }, c));
	const value = (c) => c.csv || c.text;

	const load = (args) => {
		const by = value(columns.find((c) => c.sort == args.sort) || columns[0]), way = args.desc ? -1 : 1;
		const rows = get().map((row) => [ by(row), row ]).sort((a, b) =>
			way * ((typeof(a[0]) == 'number' && typeof(b[0]) == 'number') ? a[0] - b[0] : (a[0] == null) - (b[0] == null) || L.naturalCompare(a[0] ?? 0, b[0] ?? 0)));

		return Promise.resolve({ rows: rows.map((r) => r[1]), total: rows.length });
	};

	return table.create(Object.assign({ paged: false, load }, opts, { columns }));
}

// paged shows what a method answers under the name of rows, in its own order; args
// returns the page's arguments.
function paged(method, rows, args, opts) {
	return table.create(Object.assign({
		id: method, load: (paging) => api.call(method, Object.assign({}, args(), paging)).then((reply) => ({ rows: reply[rows], total: reply.total }))
	}, opts));
}

// share is a column with a part of 100 as a bar and a number.
function share(get, colour) {
	return { key: 'share', title: _('Share'), num: true, card: true, csv: get, dep: get, node: (row) => {
		const bar = chart.bar((get(row) || 0) / 100, colour ? colour(row) : chart.DOWN);

		bar.style.display = 'inline-flex';
		bar.style.width = '40%';

		return [ bar, ' ' + format.percent(get(row)) ];
	} };
}

return baseclass.extend({ list, paged, share });
