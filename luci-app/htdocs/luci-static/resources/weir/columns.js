'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.format as format';
'require weir.page as page';
'require weir.state as state';
'require weir.table as table';

// Lists, columns and bars that the pages of devices, addresses and applications share.

const SCOPES = { local: _('in the house'), remote: _('outside'), multicast: _('multicast'), broadcast: _('broadcast'), router: _('this router') };
const HIDDEN = { hidden: true };

const scope = (name) => SCOPES[name] || name;

// both adds the two directions; what is a number already stays one.
const both = (v) => (v == null || v.rx == null) ? v : v.tx + v.rx;

const pair = (v) => v && _('%s sent, %s received').format(format.count(v.tx), format.count(v.rx));

// numbers are cards of a large number and a note each, side by side.
function numbers(...titles) {
	const all = titles.map(page.number);

	return { node: page.grid(...all.map((n) => n.node)), set: (...values) => all.forEach((n, i) => n.set(...values[i])) };
}

// list is a table of what a method answers under its own name. args are those of the
// page, or a function that returns them.
function list(method, args, opts) {
	return table.create(Object.assign({
		id: method, sort: '-bytes',
		load: (paging) => api.call(method, Object.assign({}, (typeof(args) == 'function') ? args() : args, paging))
			.then((reply) => ({ rows: reply[method], total: reply.total }))
	}, opts));
}

// Columns show row[key] unless opts.get tells what else; opts.sort may be true for the key.
function column(key, title, opts, own) {
	const o = opts || {}, get = o.get || ((row) => row[key]);

	return Object.assign({ key, title, csv: get }, own(get), o, o.sort === true ? { sort: key } : {});
}

function text(key, title, opts) {
	const show = (get) => (row) => String(get(row) ?? '–');

	return column(key, title, opts, (get) => ({ text: show(get), tip: opts && opts.max && show(get) }));
}

function node(key, title, opts) {
	return column(key, title, opts, (get) => ({ dep: get }));
}

function figures(show, unit) {
	return (key, title, opts) => column(key, title, opts, (get) => ({
		num: true, text: (row) => show(both(get(row))), csv: (row) => both(get(row)),
		tip: unit && ((row) => (get(row) && get(row).rx != null) ?
			_('received %s, sent %s').format(format.exact(get(row).rx, unit), format.exact(get(row).tx, unit)) : format.exact(get(row), unit))
	}));
}

function ago(key, title, opts) {
	return column(key, title, opts, (get) => ({ num: true, text: (row) => format.ago(get(row)), tip: (row) => format.datetime(get(row)) }));
}

// share shows a part of 100 as a bar with its number beside it.
function share(key, title, opts) {
	return column(key, title, opts, (get) => ({ num: true, dep: get, node: (row) => {
		const bar = chart.bar((get(row) || 0) / 100, opts.colour ? chart.colour(opts.colour(row)) : chart.DOWN);

		bar.style.display = 'inline-flex';
		bar.style.width = '40%';

		return [ bar, ' ' + format.percent(get(row)) ];
	} }));
}

// split shows which direction moved how much.
function split(title, sides) {
	const parts = (row) => row.bytes.tx + '/' + row.bytes.rx;

	return { key: 'split', title, csv: parts, dep: parts, node: (row) => chart.split(row.bytes.tx, row.bytes.rx, sides) };
}

function nothing(frame) {
	frame.empty(_('No traffic was seen yet. Are the right interfaces watched?'), state.link('settings'), _('Settings'));
}

// find is a box for a part of what a list has.
function find(changed) {
	return E('input', { 'type': 'search', 'class': 'cbi-input-text', 'placeholder': _('Find …'), 'aria-label': _('Find'), 'input': changed });
}

// keep polls, but for the first time: what was just drawn is up to date.
function keep(frame, seconds, fn) {
	let drawn = false;

	return frame.live(api.poll(frame.node, seconds, () => drawn ? fn() : (drawn = true)));
}

// items makes rows for page.bars of what has a key and bytes.
function items(rows, kind, show) {
	return rows.map((r) => ({
		key: r.key, node: show(r), value: both(r.bytes), text: format.bytes(both(r.bytes)), colour: kind ? chart.colour(kind + ':' + r.key) : chart.DOWN
	}));
}

// board is a card of bars that change, bars one of bars that do not.
function board(title) {
	const list = page.bars();

	return { node: page.card(title, list.node), update: list.update };
}

function bars(title, rows, none) {
	const b = board(title);

	b.update(rows);

	return rows.length ? b.node : page.card(title, E('p', {}, [ none || _('Nothing yet.') ]));
}

return baseclass.extend({
	HIDDEN, scope, both, pair, numbers, list, nothing, find, keep, text, node, ago, share, split, items, board, bars,
	amount: figures(format.bytes, _('B')), speed: figures(format.rate, _('bit/s')), count: figures(format.count)
});
