'use strict';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as columns';
'require weir.device as device';
'require weir.deviceedit as edit';
'require weir.filter as filter';
'require weir.format as format';
'require weir.names as names';
'require weir.page as page';
'require weir.state as state';

const FILTERS = [ 'name', 'ip', 'mac', 'iface', 'vlan', 'zone', 'network', 'ipver', 'min_bytes', 'text' ];

const total = (d) => d.rx + d.tx;

// say tells how many there are, and who is busiest.
function say(frame, now) {
	const fresh = now.newest.filter((d) => d.first >= now.today.from).length;
	const first = now.devices.slice().sort((a, b) => total(b) - total(a))[0];
	const known = _('%d online, %d known, %d new today.').format(now.now.devices_online, now.now.devices_known, fresh);

	frame.say(first && total(first) ?
		known + ' ' + _('%s is busiest with %s.').format(names.deviceLabel(first), format.rate(total(first))) : known);
}

function bars(value, show) {
	const list = page.bars({});

	return {
		node: list.node,
		update: (devices) => list.update(devices.slice().sort((a, b) => value(b) - value(a)).slice(0, 6).map((d) => ({
			key: d.id, node: names.device(d), text: show(value(d)), value: value(d), colour: chart.colour('device:' + d.id)
		})))
	};
}

// lines keeps what each of the busiest devices moved in the last two minutes.
function lines() {
	const of = {};

	return {
		of,
		update: (reply) => reply.members.forEach((m) => {
			of[m.key] = m.rx.map((v, i) => (v == null) ? null : v + m.tx[i]);
		})
	};
}

function where(d) {
	const link = d.link || {};

	if (link.wifi)
		return link.wifi.ssid + (link.wifi.signal ? ' ' + _('%d dBm').format(link.wifi.signal) : '');

	return link.port || d.iface || '–';
}

function table(box, online, live, done) {
	const spark = (d) => chart.spark(live.of[d.id] || [], _('Throughput of %s').format(names.deviceLabel(d)));

	return columns.list('devices', {
		label: _('Devices'), sort: '-bytes', key: (d) => d.id,
		args: () => Object.assign({ online: online.checked || null }, box.args()),
		empty: _('No device fits.'),
		link: (d) => state.link('devices', { device: d.id }),
		rowclass: (d) => d.online ? '' : 'weir-faint',
		columns: [
			{ key: 'name', title: _('Device'), sort: 'name', card: 'title', csv: names.deviceLabel,
			  node: (d) => [ names.device(d), d.online ? '' : E('small', {}, [ ' ' + _('(offline)') ]) ],
			  dep: (d) => names.deviceLabel(d) + d.type + d.icon + d.online },
			columns.text('vendor', _('Vendor'), (d) => d.vendor || (d.random_mac ? _('random address') : null)),
			columns.text('ip', _('Address'), (d) => (d.ips.find((ip) => ip.indexOf(':') < 0) || d.ips[0]), { tip: (d) => d.ips.join(', ') }),
			columns.text('link', _('Link'), where),
			columns.speed('bps', _('Now'), (d) => d.bps, { sort: 'bps', card: true }),
			{ key: 'line', title: _('Last 2 min'), node: spark, redraw: (cell, d) => chart.spark.redraw(cell.firstChild, live.of[d.id] || []),
			  dep: () => '', csv: () => '' },
			columns.amount('today', _('Today'), (d) => d.today, { card: true }),
			columns.amount('cycle', _('Cycle'), (d) => d.cycle, { hidden: true }),
			columns.amount('bytes', _('In all'), (d) => d.bytes, { sort: 'bytes' }),
			columns.count('flows', _('Flows'), (d) => d.flows.active, { sort: 'flows', hidden: true }),
			columns.text('type', _('Type'), (d) => d.type, { hidden: true }),
			columns.text('os', _('System'), (d) => d.os, { hidden: true }),
			columns.text('mac', _('Hardware address'), (d) => d.macs.map((m) => m.mac || m).join(', '), { hidden: true }),
			columns.text('zone', _('Zone'), (d) => d.zone, { hidden: true }),
			columns.text('pool', _('Pool'), (d) => d.pool, { hidden: true }),
			columns.ago('first', _('First seen'), { sort: 'first', hidden: true }),
			columns.ago('last', _('Last seen'), { sort: 'last', card: true }),
			{ key: 'edit', title: '', dep: () => '', csv: () => '', node: (d) => page.button(_('Edit'), () => edit.open(d, done), 'write') }
		]
	});
}

function draw(frame, reply) {
	const [ summary, live ] = reply, data = lines();
	const now = bars(total, format.rate), today = bars((d) => columns.both(d.today) || 0, format.bytes);
	const online = E('input', { 'type': 'checkbox', 'id': 'weir-online', 'change': () => list.reset() });
	const box = filter.box({ keys: FILTERS, hint: _('Name, address, vendor …'), change: () => list.reset() });
	const list = table(box, online, data, frame.reload);

	const update = (summary) => {
		say(frame, summary);
		now.update(summary.devices);
		today.update(summary.devices);
	};

	if (!summary.now.devices_known)
		return frame.empty(_('No device was seen yet. Are the right interfaces watched?'), state.link('settings'), _('Settings'));

	data.update(live);
	update(summary);
	frame.add(page.grid(page.card(_('Now'), now.node), page.card(_('Today'), today.node)),
		E('div', { 'class': 'weir-bar' }, [ box.node, E('label', { 'for': 'weir-online' }, [ online, ' ' + _('Only those online') ]) ]), list.node);
	frame.live(api.poll(frame.node, 5, () => Promise.all([
		api.call('summary').then(update), api.call('live', { seconds: 120 }).then(data.update)
	]).then(list.refresh)));
}

return page.view({
	title: _('Devices'),
	skeleton: [ 220, 480 ],
	back: (at) => at.device ? { href: state.link('devices'), text: _('Devices') } : null,
	load: (at) => at.device ? device.load(at) :
		Promise.all([ api.call('summary'), api.call('live', { seconds: 120 }) ]),
	draw: (frame, reply, at) => at.device ? device.draw(frame, reply, at) : draw(frame, reply)
});
