'use strict';
'require baseclass';
'require weir.api as api';
'require weir.chart as chart';
'require weir.columns as c';
'require weir.format as format';
'require weir.page as page';
'require weir.period as period';
'require weir.state as state';

// Far ends folded by the domain that somebody registered: a tab of the hosts page.

const load = () => api.call('domains', Object.assign({ limit: 8 }, period.picker({}).args()));

function draw(frame, reply) {
	const picker = period.picker({ change: () => { load().then(update); list.reset(); } }), most = page.bars(), rest = E('p');
	const find = E('input', { 'type': 'search', 'class': 'cbi-input-text', 'placeholder': _('Find …'), 'aria-label': _('Find a domain'), 'input': () => list.reset() });
	const list = c.list('domains', () => Object.assign({ text: find.value }, picker.args()), {
		label: _('Domains'), sort: '', key: (d) => d.domain, empty: _('No name was asked for in this time.'), link: (d) => state.link('flows', { filter: 'host:' + d.domain }),
		columns: [
			c.text('domain', _('Domain'), { card: 'title' }), c.share('share', _('Share'), { card: true }), c.split(_('Sent | received')),
			c.amount('bytes', _('Amount'), { card: true }), c.count('flows', _('Flows')), c.count('devices', _('Devices'), { card: true })
		]
	});

	const update = ({ total, domains, unnamed }) => {
		frame.say(total ? _('%s domains were reached, %s most of all: %s.').format(format.count(total), domains[0].domain, format.bytes(c.both(domains[0].bytes))) :
			_('No name was asked for in this time.'));
		most.update(c.items(domains.map((d) => ({ key: d.domain, bytes: d.bytes })), null, (d) => d.key));
		rest.textContent = _('Without a name: %s in %s flows.').format(format.bytes(c.both(unnamed.bytes)), format.count(unnamed.flows));
	};

	update(reply);
	frame.tools(picker.node);
	frame.add(page.card(_('Most traffic'), most.node, rest), find, list.node);
}

return baseclass.extend({ load, draw });
