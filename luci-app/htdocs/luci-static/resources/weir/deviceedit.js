'use strict';
'require baseclass';
'require ui';
'require weir.api as api';
'require weir.names as names';
'require weir.page as page';
'require weir.state as state';

// What may be changed of devices: names and notes, which of them are one, and that
// one is forgotten.

const TYPES = {
	phone: _('Phone'), tablet: _('Tablet'), computer: _('Computer'), tv: _('Television'), speaker: _('Speaker'), printer: _('Printer'), camera: _('Camera'),
	console: _('Console'), iot: _('Smart home'), nas: _('Storage'), voip: _('Telephone'), watch: _('Watch'), router: _('Router')
};
const REASONS = {
	same_client_id: _('the same DHCP identifier'), same_dhcp_name: _('the same name over DHCP'), same_dhcp_options: _('the same DHCP options'),
	same_ssid: _('the same Wi-Fi'), random_mac: _('a made-up hardware address'), never_together: _('never online together'), same_mdns_name: _('the same name over mDNS')
};

const label = names.deviceLabel;

function field(key, title, input, help) {
	input.id = 'weir-edit-' + key;

	return E('div', { 'class': 'cbi-value' }, [
		E('label', { 'class': 'cbi-value-title', 'for': input.id }, [ title ]),
		E('div', { 'class': 'cbi-value-field' }, [ input, help ? E('div', { 'class': 'cbi-value-description' }, [ help ]) : '' ])
	]);
}

function open(d, done) {
	const line = (value, hint) => E('input', { 'type': 'text', 'class': 'cbi-input-text', 'maxlength': 64, 'value': value || '', 'placeholder': hint || null });
	const was = { name: (d.name_by == 'user') ? d.name : '', icon: d.icon || '', pool: d.pool || '', note: d.note || '' };
	const inputs = {
		name: line(was.name, label(d)), pool: line(was.pool), note: E('textarea', { 'rows': 3, 'maxlength': 500 }, [ was.note ]),
		icon: E('select', { 'class': 'cbi-input-select' }, [ [ '', _('As it seems to be') ] ].concat(Object.entries(TYPES)).map(([ key, title ]) =>
			E('option', { 'value': key, 'selected': (key == was.icon) || null }, [ title ])))
	};
	const secret = E('input', { 'type': 'checkbox', 'checked': d.private || null }), alarm = E('div', { 'role': 'alert' });

	const save = () => {
		const changes = { id: d.id, 'private': (secret.checked != d.private) ? secret.checked : null };

		Object.keys(was).forEach((key) => { changes[key] = (inputs[key].value != was[key]) ? inputs[key].value : null; });

		return api.write('device_set', changes).then(ui.hideModal).then(done, (e) => {
			alarm.className = 'alert-message danger';
			alarm.replaceChildren(e.message, ' ', e.hint || '');
		});
	};

	ui.showModal([ _('Edit %s').format(label(d)) ], [
		alarm, field('name', _('Name'), inputs.name), field('icon', _('Icon'), inputs.icon),
		field('pool', _('Pool'), inputs.pool, _('Devices of one pool are summed up, and may share a quota.')),
		field('note', _('Note'), inputs.note), field('private', _('Private'), secret, _('Names of what it talks to are not kept.')),
		E('div', { 'class': 'right' }, [ page.button(_('Cancel'), ui.hideModal), ' ', page.button(_('Save'), save, 'write') ])
	]);
	inputs.name.focus();
}

function forget(d) {
	page.confirm([ _('Forget %s?').format(label(d)) ], _('All that is known of it is removed, but what was counted. When it is seen again it is a new device.'),
		_('Forget'), () => api.write('device_forget', { id: d.id }).then(() => state.set({ device: null, tab: null })));
}

// changed tells what was done to devices, with a way back.
function changed(text, done) {
	const note = page.notify(text), undo = page.button(_('Undo'), () => api.write('device_undo').then(() => note.remove()).then(done), 'write');

	note.append(undo);

	return done();
}

function split(d, mac, done) {
	return page.button(_('Split off'), () => api.write('device_split', { id: d.id, mac })
		.then(() => changed(_('%s is a device of its own now.').format(mac), done)), 'write');
}

// proposed lists what else a device may be, with the reasons and one click.
function proposed(d, done) {
	return d.suggestions.map((g) => E('div', { 'class': 'alert-message notice' }, [
		E('p', {}, [ _('Are these one device?') + ' ', names.device(d), ' + ', names.device(g.with), E('br'), g.reasons.map((r) => REASONS[r] || r).join(', ') ]),
		page.button(_('They are one'), () => api.write('device_merge', (g.into == g.with.id) ? { id: g.into, 'with': d.id } : { id: d.id, 'with': g.with.id })
			.then(() => changed(_('%s and %s are one device now.').format(label(d), g.with.name), done)), 'write')
	]));
}

return baseclass.extend({ TYPES, open, forget, split, proposed });
