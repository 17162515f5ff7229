'use strict';
'require baseclass';
'require ui';
'require weir.api as api';
'require weir.names as names';
'require weir.page as page';
'require weir.state as state';

// What may be changed of devices: their names and notes, which of them are one,
// and that one is forgotten.

const TYPES = {
	phone: _('Phone'), tablet: _('Tablet'), computer: _('Computer'), tv: _('Television'), speaker: _('Speaker'), printer: _('Printer'), camera: _('Camera'),
	console: _('Console'), iot: _('Smart home'), nas: _('Storage'), voip: _('Telephone'), watch: _('Watch'), router: _('Router')
};
const REASONS = {
	same_client_id: _('the same DHCP identifier'), same_dhcp_name: _('the same name over DHCP'), same_dhcp_options: _('the same DHCP options'),
	same_ssid: _('the same Wi-Fi'), random_mac: _('a hardware address that is made up'), never_together: _('never online together'), same_mdns_name: _('the same name in the network')
};

function field(id, title, input, help) {
	input.id = 'weir-edit-' + id;

	return E('div', { 'class': 'cbi-value' }, [
		E('label', { 'class': 'cbi-value-title', 'for': input.id }, [ title ]),
		E('div', { 'class': 'cbi-value-field' }, [ input, help ? E('div', { 'class': 'cbi-value-description' }, [ help ]) : '' ])
	]);
}

function open(d, done) {
	const input = (value, hint) => E('input', { 'type': 'text', 'class': 'cbi-input-text', 'maxlength': 64, 'value': value || '', 'placeholder': hint || '' });
	const name = input(d.name_by == 'user' ? d.name : '', names.deviceLabel(d)), pool = input(d.pool), note = E('textarea', { 'rows': 3, 'maxlength': 500 }, [ d.note || '' ]);
	const secret = E('input', { 'type': 'checkbox', 'checked': d.private || null });
	const icon = E('select', {}, [ E('option', { 'value': '' }, [ _('As it seems to be') ]) ].concat(Object.keys(TYPES).map((t) =>
		E('option', { 'value': t, 'selected': d.icon == t || null }, [ TYPES[t] ]))));

	const save = () => api.write('device_set', {
		id: d.id, name: name.value, type: icon.value, pool: pool.value, note: note.value, 'private': secret.checked
	}).then(ui.hideModal).then(done);

	ui.showModal([ _('Edit %s').format(names.deviceLabel(d)) ], [
		field('name', _('Name'), name), field('icon', _('Kind and icon'), icon), field('pool', _('Pool'), pool, _('Devices of one pool are summed up, and may share a quota.')),
		field('note', _('Note'), note), field('private', _('Private'), secret, _('Names of what it talks to are not kept.')),
		E('div', { 'class': 'right' }, [ page.button(_('Cancel'), ui.hideModal), ' ', page.button(_('Save'), save, 'write') ])
	]);
	name.focus();
}

function forget(d) {
	page.confirm([ _('Forget %s?').format(names.deviceLabel(d)) ], _('Its name, its history and all that is known of it are removed for good. When it is seen again it is a new device.'),
		_('Forget'), () => api.write('device_forget', { id: d.id }).then(() => state.set({ device: null, tab: null })));
}

// suggestions lists devices that may be one, each with the reasons and one click.
function suggestions(list, done) {
	const merge = (g) => api.write('device_merge', { id: g.device.id, 'with': g.with.id }).then(done);

	return list.map((g) => E('div', { 'class': 'alert-message notice weir-bar' }, [
		E('span', {}, [ _('Are these one device?'), ' ', names.device(g.device), ' + ', names.device(g.with), E('br'), E('small', {}, [ g.reasons.map((r) => REASONS[r] || r).join(', ') ]) ]),
		page.button(_('They are one'), () => merge(g), 'write')
	]));
}

return baseclass.extend({ open, forget, suggestions, TYPES });
