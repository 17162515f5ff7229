'use strict';
'require baseclass';
'require weir.format as format';
'require weir.state as state';

// The picker of a time: one that ends now, the accounting cycle, or from and to.

const NAMES = {
	'5m': _('5 minutes'), hour: _('Hour'), day: _('Day'), week: _('Week'), month: _('Month'), year: _('Year'), cycle: _('Cycle'), custom: _('From … to …')
};
const CHOICES = [ 'hour', 'day', 'week', 'month', 'year', 'cycle', 'custom' ];

// What was chosen before a time of its own: it outlives the picker, which pages draw anew.
let before = { period: 'day' };

function two(n) { return (n < 10 ? '0' : '') + n; }

// written and read change between epoch seconds and what <input type=datetime-local>
// holds, in the router's zone.
function written(ts) {
	const t = new Date((ts + format.zone()) * 1000);

	return t.getUTCFullYear() + '-' + two(t.getUTCMonth() + 1) + '-' + two(t.getUTCDate()) + 'T' + two(t.getUTCHours()) + ':' + two(t.getUTCMinutes());
}

function read(text) {
	const ms = Date.parse(text + 'Z');

	return isNaN(ms) ? null : ms / 1000 - format.zone();
}

function picker(opts) {
	const at = opts.value ? { period: opts.value } : state.get();
	let now = { period: NAMES[at.period] ? at.period : 'day', from: +at.from || null, to: +at.to || null };

	const select = E('select', { 'class': 'cbi-input-select', 'aria-label': _('Period'), 'change': () => choose({ period: select.value }) },
		(opts.choices || CHOICES).map((c) => E('option', { 'value': c }, [ NAMES[c] ])));
	const moment = (label) => E('input', { 'type': 'datetime-local', 'class': 'cbi-input-text', 'aria-label': label, 'change': () => {
		const a = read(from.value), b = read(to.value);

		if (a != null && b != null && a < b)
			choose({ period: 'custom', from: a, to: b });
	} });
	const from = moment(_('From')), to = moment(_('To')), custom = E('span', {}, [ from, ' – ', to ]);

	const args = () => (now.period == 'custom') ? { period: 'custom', from: now.from, to: now.to } : { period: now.period };

	const show = () => {
		select.value = now.period;
		custom.style.display = (now.period == 'custom') ? '' : 'none';
		from.value = now.from ? written(now.from) : '';
		to.value = now.to ? written(now.to) : '';
	};

	const choose = (next) => {
		if (next.period == 'custom' && !next.from)
			next = { period: 'custom', from: Math.floor(format.now()) - 86400, to: Math.floor(format.now()) };

		before = (next.period == 'custom' && now.period != 'custom') ? now : before;
		now = next;
		show();

		if (!opts.value)
			state.set({ period: now.period, from: now.from, to: now.to, page: null }, true);

		opts.change(args());
	};

	if (now.period == 'custom' && !now.from)
		now = { period: 'day' };

	show();

	return {
		node: E('span', { 'class': 'weir-period' }, [ select, ' ', custom ]),
		args,
		label: () => (now.period == 'custom') ? format.datetime(now.from) + ' – ' + format.datetime(now.to) : NAMES[now.period],
		zoom(a, b) {
			if (a != null)
				choose({ period: 'custom', from: a, to: b });
			else if (now.period == 'custom')
				choose(before);
		}
	};
}

return baseclass.extend({ picker });
