'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as c';
'require weir.deviceedit as edit';
'require weir.format as format';
'require weir.names as names';
'require weir.page as page';
'require weir.stream as stream';
'require weir.tabs as tabs';

// The page of one device: the devices page with a device in its address.

const label = names.deviceLabel;

function say(frame, d, apps) {
	const top = apps.filter((a) => a.bps).sort((a, b) => b.bps - a.bps)[0];

	frame.say(!d.online ? _('%s is offline. It was last seen %s.').format(label(d), format.ago(d.last)) :
		!top ? _('%s is online and quiet.').format(label(d)) :
			_('%s receives %s and sends %s, most of it for %s.').format(label(d), format.rate(d.bps.rx), format.rate(d.bps.tx), names.appLabel(top.key)));
}

const now = {
	title: _('Now'),
	load: () => [ api.call('live', { limit: 8 }) ],
	draw: (frame, [ live ], s, d, apps) => {
		const numbers = c.numbers(_('Receives'), _('Sends'), _('Today'), _('Flows')), used = c.board(_('Used most')), none = live.total.rx.map(() => 0);
		const area = chart.area({ label: _('Throughput of %s').format(label(d)), height: 180, unit: 'rate', legend: false });
		const own = live.members.find((m) => m.key == d.id) || { key: d.id, rx: none, tx: none.slice() };
		const ten = stream.create(Object.assign({}, live, { members: [ own ] }), 'device', () => label(d), '');
		let drawn = false;

		const line = () => {
			const data = ten.data();

			area.update(Object.assign(data, { series: data.series.slice(0, 1) }));
		};
		const update = ([ { device: d }, { apps } ]) => {
			say(frame, d, apps);
			numbers.set([ format.rate(d.bps.rx) ], [ format.rate(d.bps.tx) ],
				[ format.bytes(c.both(d.today)), d.cycle && _('%s in this cycle').format(format.bytes(c.both(d.cycle))) ],
				[ format.count(d.flows.active), _('%s since it is known').format(format.count(d.flows.total)) ]);
			used.update(c.items(apps.slice(0, 6), 'app', names.app));
		};

		line();
		update([ { device: d }, { apps } ]);
		frame.add(numbers.node, page.card(_('Last 10 minutes'), area.node), used.node);

		const watch = frame.live(api.live(frame.node, (tick) => { ten.push(tick); line(); }));

		api.poll(frame.node, 5, () => (!drawn || watch.state == 'paused') ? (drawn = true) : Promise.all([ api.call('device', { id: d.id }), api.call('apps', s) ]).then(update));
	}
};

const activity = {
	title: _('Activity'),
	load: (s) => tabs.activity.load(s).concat(api.call('presence', { device: s.device, period: 'week' })),
	draw: (frame, [ a, p ], s, d) => {
		tabs.activity.draw(frame, [ a ]);
		frame.add(page.card(_('Online in the last week'), chart.spans(p.spans, p.from, p.to, _('When %s was online').format(label(d))),
			E('p', {}, [ _('%s in all').format(format.duration(p.seconds)) ])));
	}
};

const wifi = {
	title: _('Wi-Fi'),
	fits: (d) => d.link && d.link.wifi,
	draw: (frame, none, s, d) => {
		const w = wifi.fits(d) || {};

		frame.add(page.card(w.ssid || _('Wi-Fi'), page.facts([
			[ _('Signal'), w.signal && [ chart.bar((w.signal + 90) / 60), ' ' + _('%d dBm').format(w.signal) ] ], [ _('Band'), w.band ], [ _('Access point'), w.ap ],
			[ _('Rate to it'), w.tx_rate && format.rate(w.tx_rate) ], [ _('Rate from it'), w.rx_rate && format.rate(w.rx_rate) ],
			[ _('Connected since'), w.since && format.datetime(w.since) ], [ _('Changed access points'), w.roams ]
		])));
	}
};

const facts = {
	title: _('Facts'),
	draw: (frame, none, s, d) => {
		const seen = (x) => x.last ? _('%s to %s').format(format.datetime(x.first), format.ago(x.last)) : '';
		const told = (rows, get) => rows.length ? rows.map((r) => E('div', {}, [ get(r) + ' ', E('small', {}, [ r.by.replace('_', ' ') + ', ' + format.ago(r.at) ]) ])) : '';
		const split = (m) => (d.macs.length > 1) ? edit.split(d, m.mac, frame.reload) : '';

		frame.add(page.card(_('What it is'), page.facts([
			[ _('Names'), told(d.names, (n) => n.name) ], [ _('Kind'), edit.TYPES[d.type] || d.type ], [ _('System'), d.os ], [ _('Vendor'), d.vendor ],
			[ _('Evidence'), told(d.evidence.filter((e) => e.type || e.os), (e) => e.value) ], [ _('Note'), d.note ], [ _('Pool'), d.pool ],
			[ _('Private'), d.private ? _('Names of what it talks to are not kept.') : null ], [ _('Zone'), d.zone ], [ _('Network'), d.network ], [ _('VLAN'), d.vlan ],
			[ _('Interface'), d.iface ], [ _('Port'), d.link && d.link.port ], [ _('First seen'), format.datetime(d.first) ], [ _('Last seen'), format.datetime(d.last) ]
		])), page.grid(
			page.card(_('Hardware addresses'), page.facts(d.macs.map((m) => [ m.mac, [ m.random ? _('random') : m.vendor || '', ' ', seen(m), ' ', split(m) ] ]))),
			page.card(_('Addresses'), page.facts(d.ips.map((a) => [ names.host(a), [ (a.how || '').replace('_', ' '), ' ', seen(a) ] ])))));
	}
};

const all = tabs.of({ now, apps: tabs.apps, peers: tabs.peers, dns: tabs.dns, activity, wifi, flows: tabs.flows, history: tabs.history, facts });

function load(at) {
	const s = { device: at.device };

	return Promise.all([ api.call('device', { id: at.device }), api.call('apps', s), ...all.load(at, s) ]);
}

function draw(frame, [ { device: d }, { apps }, ...more ], at) {
	frame.title(label(d));
	say(frame, d, apps);
	frame.tools(page.button(_('Edit'), () => edit.open(d, frame.reload), 'write'), page.button(_('Forget'), () => edit.forget(d), 'remove'));
	frame.add(edit.proposed(d, frame.reload));
	all.draw(frame, more, at, { device: d.id }, d, apps);
}

return baseclass.extend({ load, draw });
