'use strict';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as c';
'require weir.device as device';
'require weir.deviceedit as edit';
'require weir.filter as filter';
'require weir.format as format';
'require weir.names as names';
'require weir.page as page';
'require weir.state as state';

const FILTERS = [ 'name', 'ip', 'mac', 'iface', 'vlan', 'zone', 'network', 'ipver', 'min_bytes', 'text' ];
const PROPOSED = 8; // devices that are asked what else they may be

const rate = (d) => d.rx + d.tx;
const first = (list) => (list.filter((ip) => ip.indexOf(':') < 0).concat(list))[0];

// say tells how many there are, and who is busiest.
function say(frame, { now, newest, today, devices }, all) {
	const fresh = new Set(newest.concat(all).filter((d) => d.first >= today.from).map((d) => d.id)).size;
	const busy = devices.filter(rate).sort((a, b) => rate(b) - rate(a))[0];
	const known = _('%d online, %d known, %d new today.').format(now.devices_online, now.devices_known, fresh);

	frame.say(busy ? known + ' ' + _('%s is busiest with %s.').format(names.deviceLabel(busy), format.rate(rate(busy))) : known);
}

// rows are bars of those that move most; known gives what the list has of a device, too.
function rows(devices, get, show, known) {
	return devices.slice().sort((a, b) => get(b) - get(a)).slice(0, 6).map((d) => {
		const all = Object.assign({}, known(d.id), d);

		return { key: d.id + names.deviceLabel(all), node: names.device(all), text: show(get(d)), value: get(d), colour: chart.colour('device:' + d.id) };
	});
}

// ways shows both directions, on a phone one below the other.
const ways = ({ bps }) => E('span', { 'class': 'weir-ways' }, [ E('span', {}, [ '↓ ' + format.rate(bps.rx) ]), E('span', {}, [ '↑ ' + format.rate(bps.tx) ]) ]);

function where(d) {
	const wifi = d.link && d.link.wifi;

	return wifi ? (wifi.ssid || wifi.ap) + (wifi.signal ? ' ' + _('%d dBm').format(wifi.signal) : '') : (d.link && d.link.port) || d.iface;
}

function table(args, line, done) {
	return c.list('devices', args, {
		label: _('Devices'), key: (d) => d.id, empty: _('No device fits.'), link: (d) => state.link('devices', { device: d.id }),
		rowclass: (d) => d.online ? '' : 'weir-faint',
		columns: [
			c.node('name', _('Device'), { sort: true, card: 'title', csv: names.deviceLabel, get: (d) => names.deviceLabel(d) + d.type + d.icon + d.online,
				node: (d) => [ names.device(d), d.online ? '' : E('small', {}, [ ' ' + _('(offline)') ]) ] }),
			c.text('vendor', _('Vendor'), { get: (d) => d.vendor || (d.random_mac ? _('random address') : null), max: 140 }),
			c.text('ip', _('Address'), { get: (d) => first(d.ips), tip: (d) => d.ips.join(', ') }), c.text('link', _('Link'), { get: where }),
			c.node('bps', _('Now'), { sort: true, num: true, card: true, get: (d) => d.bps.rx + ' ' + d.bps.tx, csv: (d) => rate(d.bps), node: ways }),
			{ key: 'line', title: _('Last 2 min'), node: (d) => chart.spark(line(d), _('Throughput of %s').format(names.deviceLabel(d))),
			  redraw: (cell, d) => chart.redraw(cell.firstChild, line(d)) },
			c.amount('today', _('Today'), { card: true }), c.amount('cycle', _('Cycle'), c.HIDDEN), c.amount('bytes', _('In all'), { sort: true }),
			c.count('flows', _('Flows'), { get: (d) => d.flows.active, sort: true, hidden: true }), c.text('type', _('Type'), c.HIDDEN), c.text('os', _('System'), c.HIDDEN),
			c.text('macs', _('Hardware address'), c.HIDDEN), c.text('zone', _('Zone'), c.HIDDEN), c.text('network', _('Network'), c.HIDDEN), c.text('pool', _('Pool'), c.HIDDEN),
			c.ago('first', _('First seen'), { sort: true, hidden: true }), c.ago('last', _('Last seen'), { sort: true, card: true }),
			...(api.canWrite() ? [ { key: 'edit', title: '', node: (d) => page.button(_('Edit'), () => edit.open(d, done), 'write') } ] : [])
		]
	});
}

// census returns devices, and those that may be one: of those that made up their address, for
// the rest have mostly one only. Of a pair each names the other.
function census() {
	return api.call('devices', { sort: 'last', limit: 200 }).then(({ devices }) => {
		const made = devices.filter((d) => d.random_mac).slice(0, PROPOSED);

		return Promise.all(made.map((d) => api.call('device', { id: d.id }))).then((all) => [ devices, all.map(({ device: d }) => Object.assign(d, {
			suggestions: d.suggestions.filter((g) => d.id < g.with.id || made.every((m) => m.id != g.with.id))
		})) ]);
	});
}

function draw(frame, [ summary, live, devices, proposed ]) {
	const lines = {}, known = (id) => list.rows.concat(devices).find((d) => d.id == id);
	const now = c.board(_('Now')), today = c.board(_('Today'));
	const online = E('input', { 'type': 'checkbox', 'id': 'weir-online', 'change': () => list.reset() });
	const box = filter.box({ keys: FILTERS, hint: _('Name, address, vendor …'), change: () => list.reset() });
	const list = table(() => Object.assign({ online: online.checked || null }, box.args()), (d) => lines[d.id] || [], frame.reload);

	const update = ([ summary, live ]) => {
		live.members.forEach((m) => { lines[m.key] = m.rx.map((v, i) => (v == null) ? null : v + m.tx[i]); });
		say(frame, summary, devices);
		now.update(rows(summary.devices, rate, format.rate, known));
		today.update(rows(summary.devices, (d) => d.today, format.bytes, known));
	};

	if (!summary.now.devices_known)
		return c.nothing(frame);

	update([ summary, live ]);
	frame.add(proposed.flatMap((d) => edit.proposed(d, frame.reload)), page.grid(now.node, today.node),
		E('div', { 'class': 'weir-bar' }, [ box.node, E('label', { 'for': 'weir-online' }, [ online, ' ' + _('Only those online') ]) ]), list.node);
	c.keep(frame, 5, () => Promise.all([ ask(), list.refresh() ]).then(([ reply ]) => update(reply)));
}

const ask = () => Promise.all([ api.call('summary'), api.call('live', { seconds: 120 }) ]);
const load = () => Promise.all([ ask(), census() ]).then((parts) => parts.flat());

return page.view({
	title: _('Devices'),
	skeleton: [ 220, 480 ],
	back: (at) => at.device ? { href: state.link('devices'), text: _('Devices') } : null,
	load: (at) => at.device ? device.load(at) : load(),
	draw: (frame, reply, at) => (at.device ? device.draw : draw)(frame, reply, at)
});
