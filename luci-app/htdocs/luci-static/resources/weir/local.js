'use strict';
'require baseclass';
'require weir.table as table';

// Lists of rows that a page has already: sorted here, by what each column gives CSV.
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

return baseclass.extend({ list });
