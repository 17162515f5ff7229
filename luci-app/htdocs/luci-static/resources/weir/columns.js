'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.format as format';
'require weir.table as table';

// Lists and columns that the pages of devices, hosts and applications share.

const SCOPES = {
	local: _('in the house'), remote: _('outside'), multicast: _('multicast'), broadcast: _('broadcast'), router: _('this router')
};

const scope = (name) => SCOPES[name] || name;

// both adds the two directions; what is a number already stays one.
const both = (v) => (v == null || v.rx == null) ? v : v.tx + v.rx;

// list is a table of what a method answers under its own name, or that of opts.rows.
// opts.args are the page's own arguments, or a function that returns them.
function list(method, opts) {
	const load = (args) => api.call(method, Object.assign({}, (typeof opts.args == 'function') ? opts.args() : opts.args, args))
		.then((reply) => ({ rows: reply[opts.rows || method], total: reply.total }));

	return table.create(Object.assign({ id: method, load }, opts));
}

function text(key, title, get, more) {
	return Object.assign({ key, title, text: (row) => get(row) ?? '–' }, more);
}

function numeric(key, title, get, show, unit, more) {
	return Object.assign({
		key, title, num: true, text: (row) => show(both(get(row))), csv: (row) => both(get(row)),
		tip: unit && ((row) => {
			const v = get(row);

			return (v && v.rx != null) ? _('received %s, sent %s').format(format.exact(v.rx, unit), format.exact(v.tx, unit)) : format.exact(v, unit);
		})
	}, more);
}

const amount = (key, title, get, more) => numeric(key, title, get, format.bytes, _('B'), more);
const speed = (key, title, get, more) => numeric(key, title, get, format.rate, _('bit/s'), more);
const count = (key, title, get, more) => numeric(key, title, get, format.count, null, more);

function ago(key, title, more) {
	return Object.assign({
		key, title, num: true, text: (row) => format.ago(row[key]), csv: (row) => row[key], tip: (row) => format.datetime(row[key])
	}, more);
}

// share shows a part of 100 as a bar with its number beside it.
function share(key, title, get, colour, more) {
	return Object.assign({
		key, title, num: true, csv: get, dep: get,
		node: (row) => {
			const bar = chart.bar((get(row) || 0) / 100, colour(row));

			bar.style.display = 'inline-flex';
			bar.style.width = '40%';

			return [ bar, ' ' + format.percent(get(row)) ];
		}
	}, more);
}

// split shows which direction moved how much.
function split(key, title, get, directions, more) {
	return Object.assign({
		key, title, csv: (row) => get(row).tx + '/' + get(row).rx, dep: (row) => get(row).tx + '/' + get(row).rx,
		node: (row) => chart.split(get(row).tx, get(row).rx, directions)
	}, more);
}

return baseclass.extend({ scope, both, list, text, amount, speed, count, ago, share, split });
