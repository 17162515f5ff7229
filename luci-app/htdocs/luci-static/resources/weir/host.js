'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as c';
'require weir.format as format';
'require weir.names as names';
'require weir.page as page';
'require weir.table as table';
'require weir.tabs as tabs';
'require weir.talkers as talkers';

// The page of one address: the hosts page with an address in its own.

// name is what an address is called, with a second name in brackets.
function name(h) {
	return (h.name && h.host && h.host != h.name) ? h.name + ' [' + h.host + ']' : h.name || h.host;
}

const counts = (n) => _('%s alive, %s in all, %s with little payload').format(format.count(n.active), format.count(n.total), format.count(n.low_goodput));
const pair = (v) => v && _('%s sent, %s received').format(format.count(v.tx), format.count(v.rx));

const traffic = {
	title: _('Traffic'),
	load: () => [],
	draw: (frame, none, s, h) => {
		const [ rx, tx, all, flows ] = [ _('Receives'), _('Sends'), _('Traffic'), _('Flows') ].map(page.number), split = chart.split(h.bytes.tx, h.bytes.rx);

		const update = ({ host: h }) => {
			rx.set(format.rate(h.bps.rx), _('%s packets').format(format.count(h.pkts.rx)));
			tx.set(format.rate(h.bps.tx), _('%s packets').format(format.count(h.pkts.tx)));
			all.set(format.bytes(c.both(h.bytes)), [ split ]);
			flows.set(format.count(h.flows.client.active + h.flows.server.active));
			chart.redraw(split, h.bytes.tx, h.bytes.rx);
		};

		update({ host: h });
		frame.add(page.grid(rx.node, tx.node, all.node, flows.node), page.card(_('Facts'), page.facts([
			[ _('Address'), h.ip ], [ _('Where'), c.scope(h.scope) ], [ _('Name'), name(h) ], [ _('Device'), h.device && names.device({ id: h.device, name: h.name }) ],
			[ _('Hardware address'), h.mac ], [ _('Interface'), h.iface ], [ _('Zone'), h.zone ], [ _('Network'), h.network ],
			[ _('Country'), h.country && names.country(h.country) ], [ _('Belongs to'), h.asn && names.asn(h.asn, h.as_name) ],
			[ _('First seen'), format.datetime(h.first) ], [ _('Last seen'), format.datetime(h.last) ],
			[ _('Flows as client'), counts(h.flows.client) ], [ _('Flows as server'), counts(h.flows.server) ],
			[ _('Sent again'), pair(h.tcp.retrans) ], [ _('Out of order'), pair(h.tcp.ooo) ], [ _('Lost'), pair(h.tcp.lost) ], [ _('Alerts'), h.alerts || null ]
		])));
		c.keep(frame, 5, () => api.call('host', s).then(update));
	}
};

const talk = {
	title: _('Talkers'),
	load: (s) => [ api.call('flows', { ip: s.ip, limit: 200 }) ],
	draw: (frame, [ { flows } ]) => frame.add(page.card(_('Who talks to whom, by flows that are alive'),
		flows.length ? talkers.picture(flows) : E('p', {}, [ _('No flow is alive now.') ])))
};

const { packets, ports, peers, icmp, uses, activity, dns, http, flows } = tabs;
const TABS = { traffic, packets, ports, peers, icmp, apps: uses, activity, dns, http, flows, talkers: talk };
const tab = (at) => TABS[at.tab] || traffic;

function load(at) {
	const s = { ip: at.ip };

	return Promise.all([ api.call('host', s), ...tab(at).load(s) ]);
}

function draw(frame, [ { host: h }, ...more ], at) {
	const label = name(h) || h.ip, save = () => table.download('weir-' + h.ip + '.json', JSON.stringify(h, null, '\t'), 'application/json');

	frame.title([ (label == h.ip) ? label : label + ' (' + h.ip + ')' ]);
	frame.say(c.both(h.bps) ? _('%s (%s) receives %s and sends %s.').format(label, c.scope(h.scope), format.rate(h.bps.rx), format.rate(h.bps.tx)) :
		_('%s (%s) is quiet. It was last seen %s.').format(label, c.scope(h.scope), format.ago(h.last)));
	frame.tools(page.button(_('JSON'), save));
	frame.add(page.tabs(Object.keys(TABS).map((key) => ({ key, title: TABS[key].title })), at.tab || 'traffic'));
	tab(at).draw(frame, more, { ip: at.ip }, h);
}

return baseclass.extend({ load, draw, name });
