'use strict';
'require weir.api as api';
'require weir.chart as chart';
'require weir.filter as filter';
'require weir.flow as flow';
'require weir.format as format';
'require weir.names as names';
'require weir.page as page';
'require weir.period as period';
'require weir.state as state';
'require weir.table as table';

const ENDED = [ 'device', 'ip', 'app', 'category', 'protocol', 'host', 'proto', 'port', 'country', 'asn', 'min_bytes', 'min_duration', 'dir', 'uplink', 'iface', 'zone', 'network', 'text' ];
const ALIVE = ENDED.concat([ 'mac', 'vlan', 'name', 'state', 'ipver', 'offload' ]);
const COURSE = 20; // readings that a row's small line shows

const total = (f) => f.bytes.tx + f.bytes.rx;

function columns(box, ended, course) {
	const end = (key, title, max) => ({ key, title, max, sort: key, card: true, reuse: true, node: (f) => [ names.host(f[key], box), E('small', {}, [ flow.port(f[key]) ]) ],
		dep: (f) => f[key].name + f[key].ip + flow.port(f[key]), csv: (f) => f[key].ip });
	const number = (key, title, get, show, more) => Object.assign({ key, title, sort: key, num: true, text: (f) => show(get(f)), csv: get }, more);
	const text = (key, title, get, more) => Object.assign({ key, title, sort: key, text: (f) => get(f) || '–', hidden: true }, more);

	return [
		{ key: 'app', reuse: true, title: _('Application'), sort: 'app', card: 'title', max: 145, node: (f) => names.app(flow.what(f), box), dep: (f) => f.app || f.protocol, csv: (f) => f.app || f.protocol },
		text('proto', _('Protocol'), flow.protocol, { max: 110, hidden: false }), end('client', _('Client'), 150), end('server', _('Server'), 170),
		text('host', _('Info'), flow.told, { tip: flow.told, max: 160, hidden: false }),
		number('duration', _('Duration'), (f) => f.duration, format.duration),
		{ key: 'split', reuse: true, title: _('Breakdown'), node: (f) => chart.split(f.bytes.tx, f.bytes.rx, [ _('client'), _('server') ]),
		  redraw: (cell, f) => chart.redraw(cell.firstChild, f.bytes.tx, f.bytes.rx), csv: (f) => f.bytes.tx + '/' + f.bytes.rx },
		ended ? number('last', _('Ended'), (f) => f.last, format.ago, { tip: (f) => format.datetime(f.last) }) :
			{ key: 'bps', reuse: true, title: _('Throughput'), sort: 'bps', num: true, csv: (f) => f.bps.now,
			  node: (f) => [ E('span', {}, [ format.rate(f.bps.now) ]), ' ', chart.spark(course.of(f), _('Throughput')) ],
			  redraw: (cell, f) => {
				const text = format.rate(f.bps.now);

				if (cell.firstChild.textContent != text)
					cell.firstChild.textContent = text;

				chart.redraw(cell.lastChild, course.of(f));
			} },
		number('bytes', _('Total'), total, format.bytes, { card: true, tip: (f) => format.exact(total(f), 'B') }),
		number('packets', _('Packets'), (f) => f.pkts.tx + f.pkts.rx, format.count, { hidden: true }),
		number('first', _('First seen'), (f) => f.first, format.ago, { hidden: true, tip: (f) => format.datetime(f.first) }),
		number('rtt', _('Delay'), (f) => f.rtt.server, format.ms, { hidden: true, sort: null }),
		text('category', _('Category'), (f) => names.categoryLabel(f.category)),
		text('country', _('Country'), (f) => names.countryName(f.server.country || f.client.country), { sort: null }),
		text('state', _('State'), (f) => flow.STATES[f.state], { sort: null }),
		text('offload', _('Offload'), (f) => f.offload, { sort: null }), text('uplink', _('Uplink'), (f) => f.uplink, { sort: null })
	].map((c) => ended ? Object.assign(c, { sort: null }) : c);
}

// courses keeps the last readings of the flows on the page.
function courses() {
	let kept = {};

	const of = (f) => kept[f.id] || [];

	return { of, read: (flows) => { kept = Object.fromEntries(flows.map((f) => [ f.id, of(f).concat(f.bps.now).slice(-COURSE) ])); } };
}

function sentence(rows, all) {
	const most = rows.reduce((a, f) => (!a || f.bps.now > a.bps.now ? f : a), null);
	const sum = rows.reduce((a, f) => a + total(f), 0), sizes = rows.map(total).sort((a, b) => b - a);
	let part = 0, few = 0;

	while (few < sizes.length && part < sum * 0.9)
		part += sizes[few++];

	if (!all)
		return _('No flow fits.');

	if (all == rows.length && all > 1)
		return _('%s flows, %s of them carry 90 %% of the bytes.').format(format.count(all), format.count(few));

	return (most && most.bps.now) ? page.phrase(_('%s flows. Of these the busiest is %s by %s, with %s.'), format.count(all), names.app(flow.what(most)), names.host(most.client), format.rate(most.bps.now)) :
		_('%s flows.').format(format.count(all));
}

function draw(frame, at) {
	const ended = at.tab == 'ended', course = courses();
	const changed = () => list.reset();
	const box = filter.box({ keys: ended ? ENDED : ALIVE, change: changed });
	const time = ended ? period.picker({ change: changed }) : null;

	const load = (args) => ended ? api.call('flow_history', Object.assign(args, { sort: null, desc: null }, time.args(), box.args()), true).then((r) => {
		flow.remember(r.flows);
		frame.say((r.next ? _('The newest %s flows that ended. Period: %s.') : _('%s flows ended. Period: %s.')).format(format.count(r.flows.length), time.label()));

		return { rows: r.flows, total: null, next: r.next };
	}) : api.call('flows', Object.assign(args, box.args())).then((r) => {
		flow.remember(r.flows);
		course.read(r.flows);
		frame.say(sentence(r.flows, r.total));

		return { rows: r.flows, total: r.total };
	});

	const list = table.create({
		id: ended ? 'ended' : 'flows', label: ended ? _('Flows that ended') : _('Flows that live'), columns: columns(box, ended, course), load, sort: ended ? '' : '-bytes', cursor: ended,
		key: (f) => f.id, link: flow.address, rowclass: (f) => (f.completed && !ended) ? 'weir-faint' : '',
		empty: () => box.text() ? _('No flow fits this filter.') : ended ? _('No flow ended in this time.') : _('No flow is alive. Are the right interfaces watched?')
	});

	frame.add(page.tabs([ { key: 'active', title: _('Active') }, { key: 'ended', title: _('Ended') } ], ended ? 'ended' : 'active'),
		E('div', { 'class': 'weir-bar' }, [ box.node, time ? time.node : '' ]), list.node);

	if (!ended)
		frame.live(api.poll(frame.node, 3, list.refresh));
}

return page.view({
	title: _('Flows'),
	skeleton: [ 40, 480 ],
	back: (at) => at.flow ? { href: state.link('flows', { tab: at.tab }), text: _('Flows') } : null,
	load: (at) => at.flow ? flow.load(at) : null,
	draw: (frame, one, at) => at.flow ? flow.draw(frame, one) : draw(frame, at)
});
