'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as columns';
'require weir.format as format';
'require weir.names as names';
'require weir.page as page';
'require weir.state as state';
'require weir.table as table';
'require weir.tabs as tabs';
'require weir.talkers as talkers';

// The page of one address: the hosts page with an address in its own.

const scope = (h) => columns.scope(h.scope);

// name is what an address is called, with a second name in brackets.
function name(h) {
	const more = (h.name && h.host && h.host != h.name) ? ' [' + h.host + ']' : '';

	return (h.name || h.host) ? (h.name || h.host) + more : null;
}

const counts = (c) => _('%s alive, %s in all, %s with little payload').format(format.count(c.active), format.count(c.total), format.count(c.low_goodput));
const pair = (v) => v && _('%s sent, %s received').format(format.count(v.tx), format.count(v.rx));

const traffic = {
	title: _('Traffic'),
	load: () => [],
	draw: (frame, none, s, h) => {
		const [ rx, tx, all, flows ] = [ _('Receives'), _('Sends'), _('Traffic'), _('Flows') ].map(page.number), split = chart.split(h.bytes.tx, h.bytes.rx);

		const update = ({ host: h }) => {
			rx.set(format.rate(h.bps.rx), _('%s packets').format(format.count(h.pkts.rx)));
			tx.set(format.rate(h.bps.tx), _('%s packets').format(format.count(h.pkts.tx)));
			all.set(format.bytes(columns.both(h.bytes)), [ split ]);
			flows.set(format.count(h.flows.client.active + h.flows.server.active));
			chart.redraw(split, h.bytes.tx, h.bytes.rx);
		};

		update({ host: h });
		frame.add(page.grid(rx.node, tx.node, all.node, flows.node), page.card(_('Facts'), page.facts([
			[ _('Address'), h.ip ], [ _('Where'), scope(h) ], [ _('Name'), name(h) ],
			[ _('Device'), h.device && names.device({ id: h.device, name: h.name }) ],
			[ _('Hardware address'), h.mac ], [ _('Interface'), h.iface ], [ _('Zone'), h.zone ], [ _('Network'), h.network ],
			[ _('Country'), h.country && names.country(h.country) ], [ _('Belongs to'), h.asn && names.asn(h.asn, h.as_name) ],
			[ _('First seen'), format.datetime(h.first) ], [ _('Last seen'), format.datetime(h.last) ],
			[ _('As client'), counts(h.flows.client) ], [ _('As server'), counts(h.flows.server) ],
			[ _('Sent again'), pair(h.tcp.retrans) ], [ _('Out of order'), pair(h.tcp.ooo) ], [ _('Lost'), pair(h.tcp.lost) ]
		])));
		frame.live(api.poll(frame.node, 5, () => api.call('host', s).then(update)));
	}
};

const talk = {
	title: _('Talkers'),
	load: (s) => [ api.call('flows', Object.assign({ limit: 200 }, s)) ],
	draw: (frame, [ reply ]) => frame.add(page.card(_('Who talks to whom, by flows that are alive'),
		reply.flows.length ? talkers.picture(reply.flows) : E('p', {}, [ _('No flow is alive now.') ])))
};

const TABS = { traffic, packets: tabs.packets, ports: tabs.ports, peers: tabs.peers, icmp: tabs.icmp, apps: tabs.apps, activity: tabs.activity, dns: tabs.dns, http: tabs.http, flows: tabs.flows, talkers: talk };
const tab = (at) => TABS[at.tab] || traffic;

function load(at) {
	return Promise.all([ api.call('host', { ip: at.ip }) ].concat(tab(at).load({ ip: at.ip })));
}

function draw(frame, [ reply, ...more ], at) {
	const h = reply.host, label = name(h) || h.ip;

	frame.title([ label, label == h.ip ? '' : ' (' + h.ip + ')' ]);
	frame.say(columns.both(h.bps) ?
		_('%s (%s) receives %s and sends %s.').format(label, scope(h), format.rate(h.bps.rx), format.rate(h.bps.tx)) :
		_('%s (%s) is quiet. It was last seen %s.').format(label, scope(h), format.ago(h.last)));
	frame.tools(page.button(_('JSON'), () => table.download('weir-' + h.ip + '.json', JSON.stringify(h, null, '\t'), 'application/json')));
	frame.add(page.tabs(Object.keys(TABS).map((key) => ({ key, title: TABS[key].title })), at.tab || 'traffic'));
	tab(at).draw(frame, more, { ip: at.ip }, h);
}

return baseclass.extend({ load, draw, name, scope });
