'use strict';
'require baseclass';
'require weir.svg as s';

// The last ten minutes as a chart wants them: from the method live at first, then
// second by second.

const SECONDS = 600;

function shift(list, value) {
	list.push(value);

	if (list.length > SECONDS)
		list.shift();
}

// padded is a list that ends now and is as long as the chart.
function padded(list) {
	return new Array(Math.max(0, SECONDS - list.length)).fill(null).concat(list.slice(-SECONDS));
}

// create takes a reply of live. kind is device or app: whose members the areas are.
function create(reply, kind, label, rest) {
	const total = { rx: padded(reply.total.rx), tx: padded(reply.total.tx) };
	const members = reply.members.map((m) => ({ key: kind + ':' + m.key, id: m.key, label: label(m), rx: padded(m.rx), tx: padded(m.tx) }));
	const other = { key: 'other', label: rest, colour: s.GREY, rx: [], tx: [] };
	let last = reply.start + reply.total.rx.length - 1;

	const left = (part, i) => (total[part][i] == null) ? null : Math.max(0, members.reduce((a, m) => a - (m[part][i] || 0), total[part][i]));

	for (let i = 0; i < SECONDS; i++) {
		other.rx.push(left('rx', i));
		other.tx.push(left('tx', i));
	}

	const add = (tick, list) => {
		const known = {};

		list.forEach((m) => { known[m.id ?? m.key] = m; });
		[ 'rx', 'tx' ].forEach((part) => {
			shift(total[part], tick ? tick[part] : null);
			members.forEach((m) => shift(m[part], tick ? (known[m.id] ? known[m.id][part] : 0) : null));
			shift(other[part], tick ? left(part, SECONDS - 1) : null);
		});
	};

	return {
		push(tick) {
			// Seconds that nobody told of stay a gap.
			for (let i = 0; last + 1 < tick.ts && i < SECONDS; i++, last++)
				add(null, []);

			if (tick.ts <= last)
				return;

			last = tick.ts;
			add(tick, tick[kind + 's']);
		},
		data(marks) {
			return { start: last - SECONDS + 1, step: 1, series: members.concat(other), marks };
		}
	};
}

return baseclass.extend({ create });
