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
	const client = (e) => [ names.host(e, box), E('span', { 'class': 'weir-note' }, [ flow.port(e) ]) ];
	const amount = (key, title, sort, get, show, more) => Object.assign({ key, title, sort: ended ? null : sort, num: true, text: (f) => show(get(f)), csv: get }, more);
	const speed = (f) => {
		const line = chart.spark(course.of(f), _('Throughput'));

		return [ E('span', { 'title': format.exact(f.bps.now, 'bit/s') }, [ format.rate(f.bps.now) ]), ' ', line ];
	};

	return [
		{ key: 'app', title: _('Application'), sort: ended ? null : 'app', card: 'title', max: 145, node: (f) => names.app(flow.what(f), box), dep: (f) => f.app || f.protocol, csv: (f) => f.app || f.protocol },
		{ key: 'proto', title: _('Protocol'), sort: ended ? null : 'proto', text: flow.protocol, max: 110 },
		{ key: 'client', title: _('Client'), max: 150, sort: ended ? null : 'client', card: true, node: (f) => client(f.client), dep: (f) => f.client.name + f.client.ip, csv: (f) => f.client.ip },
		{ key: 'server', title: _('Server'), max: 170, sort: ended ? null : 'server', card: true, node: (f) => client(f.server), dep: (f) => f.server.name + f.server.ip, csv: (f) => f.server.ip },
		{ key: 'info', title: _('Info'), sort: ended ? null : 'host', text: flow.told, tip: flow.told, max: 160 },
		amount('duration', _('Duration'), 'duration', (f) => f.duration, format.duration),
		{ key: 'split', title: _('Breakdown'), node: (f) => chart.split(f.bytes.tx, f.bytes.rx, [ _('client'), _('server') ]),
		  redraw: (cell, f) => chart.redraw(cell.firstChild, f.bytes.tx, f.bytes.rx), dep: () => '', csv: (f) => f.bytes.tx + '/' + f.bytes.rx },
		ended ? amount('last', _('Ended'), null, (f) => f.last, format.ago, { tip: (f) => format.datetime(f.last) }) :
			{ key: 'bps', title: _('Throughput'), sort: 'bps', num: true, node: speed, dep: () => '', csv: (f) => f.bps.now, redraw: (cell, f) => {
				const text = format.rate(f.bps.now), first = cell.firstChild;

				if (first.textContent != text)
					first.textContent = text;

				chart.redraw(cell.lastChild, course.of(f));
			} },
		amount('bytes', _('Total'), 'bytes', total, format.bytes, { card: true, tip: (f) => format.exact(total(f), 'B') }),
		amount('packets', _('Packets'), 'packets', (f) => f.pkts.tx + f.pkts.rx, format.count, { hidden: true }),
		amount('first', _('First seen'), 'first', (f) => f.first, format.ago, { hidden: true, tip: (f) => format.datetime(f.first) }),
		{ key: 'category', title: _('Category'), sort: ended ? null : 'category', hidden: true, text: (f) => names.categoryLabel(f.category) },
		{ key: 'country', title: _('Country'), hidden: true, node: (f) => names.country(f.server.country || f.client.country, box), dep: (f) => f.server.country, csv: (f) => f.server.country },
		{ key: 'state', title: _('State'), hidden: true, text: (f) => flow.STATES[f.state] || '–' },
		{ key: 'rtt', title: _('Delay'), num: true, hidden: true, text: (f) => format.ms(f.rtt.server), csv: (f) => f.rtt.server },
		{ key: 'offload', title: _('Offload'), hidden: true, text: (f) => f.offload || '–' },
		{ key: 'uplink', title: _('Uplink'), hidden: true, text: (f) => f.uplink || '–' }
	];
}

// courses keeps the last readings of the flows on the page.
function courses() {
	let kept = {};

	return {
		of: (f) => kept[f.id] || [],
		read(flows) {
			const now = {};

			flows.forEach((f) => { now[f.id] = (kept[f.id] || []).concat(f.bps.now).slice(-COURSE); });
			kept = now;
		}
	};
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
