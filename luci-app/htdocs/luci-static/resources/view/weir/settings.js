'use strict';
'require form';
'require uci';
'require view';
'require weir.api as api';
'require weir.format as format';
'require weir.names as names';
'require weir.options as options';
'require weir.page as page';
'require weir.state as state';
'require weir.values as values';

const ROWS = { device: [ 'name', 'mac', 'pool' ], pool: [ 'name', 'network' ], network: [ 'name', 'subnet' ], application: [ 'name', 'category', 'domain' ],
	wan: [ 'cycle', 'start' ], quota: [ 'scope', 'bytes', 'cycle' ], source: [ 'path', 'role' ] };

// inForce reads the daemon's configuration: { TYPE NAME: { option: value or list } }.
function inForce(text) {
	const all = {};
	let section = {};

	text.split('\n').forEach((line) => {
		const m = line.match(/^\s*(config|option|list) (\S+) ?'?(.*?)'?$/);

		if (m && m[1] == 'config')
			section = all[m[2] + ' ' + m[3]] = {};
		else if (m)
			section[m[2]] = (m[1] == 'list') ? (section[m[2]] || []).concat(m[3]) : m[3];
	});

	return all;
}

// chosen is what weir took where the setting leaves it to weir.
function chosen(s, db) {
	return {
		'weir.source': s.mode.chosen && _('%s, because %s').format(s.mode.chosen, s.mode.why), 'weir.memory_limit': s.memory.limit && format.bytes(s.memory.limit),
		'store.max_size': db.live && format.bytes(db.live.max_bytes), 'store.snapshot_size': db.archive && format.bytes(db.archive.max_bytes)
	};
}

// choices are what the router and the daemon know of for an option.
function choices(devices) {
	const networks = uci.sections('network', 'interface').map((i) => i['.name']).filter((n) => n != 'loopback');
	const pools = uci.sections('weir', 'pool').map((p) => p.name || p['.name']), same = (v) => [ v, v ], macs = (d) => (d.macs || []).map((m) => m.mac || m);

	return {
		'weir.interface': networks.map(same), 'weir.wan': networks.map(same), 'device.pool': pools.map(same),
		'device.mac': devices.map((d) => macs(d).map((mac) => [ mac, mac + ' (' + names.deviceLabel(d) + ')' ])).flat(),
		'quota.scope': [ [ 'wan', _('all uplinks') ] ].concat(networks.filter((n) => /^wan/.test(n)).map((n) => [ 'wan:' + n, _('uplink %s').format(n) ]),
			devices.filter((d) => d.name).map((d) => [ 'device:' + d.name, d.name ]), pools.map((p) => [ 'pool:' + p, _('pool %s').format(p) ]))
	};
}

function testDatabase(option, path) {
	if (!path)
		return page.notify(_('There is no path to test.'), true);

	return api.write('config_check', { text: "config geo 'geo'\n\toption " + option + " '" + path.replace(/'/g, "'\\''") + "'\n" }).then((reply) =>
		page.notify(reply.errors.length ? reply.errors[0].message : _('%s can be used.').format(path), reply.errors.length > 0));
}

// help is an option's line, its default where that does not stand in grey, and, where
// that is not what stands in the file, what is in force.
function help(o, type, name, known) {
	const now = known.force[type + ' ' + name], mine = uci.get('weir', name, o.name), auto = known.chosen[type + '.' + o.name];
	const def = (o.widget == 'Flag') ? (o.def == '1' ? _('on') : _('off')) : (o.widget == 'ListValue') ? o.def : null;
	const force = auto || (now && mine != null && !values.same(o, mine, now[o.name]) ? [ now[o.name] ?? '–' ].flat().join(' ') : null);

	return [ o.help ].concat(def ? _('Default: %s.').format(def) : [], force ? _('In force: %s.').format(force) : []).join(' ');
}

function addOption(s, type, name, o, known) {
	const field = s.option(form[o.widget], o.name, o.title);

	field.description = help(o, type, name, known);
	field.rmempty = !o.required;
	field.optional = !o.required && o.widget != 'ListValue';
	field.placeholder = o.def || undefined;
	field.datatype = o.datatype;
	field.validate = (id, value) => values.check(o, value);

	if (o.widget == 'ListValue' || o.widget == 'Flag')
		field.default = o.def;

	if (o.widget == 'Flag')
		field.cfgvalue = (id) => { const v = uci.get('weir', id, o.name); return (v == null) ? null : values.flag(v) ? '1' : '0'; };
	else
		o.words.map((w) => [ w, w ]).concat(known.choices[type + '.' + o.name] || []).forEach((w) => field.value(w[0], w[1]));

	if (!name) { // in the table of sections: the value, or its default
		field.textvalue = (id) => E('span', {}, [ [ uci.get('weir', id, o.name) ?? o.def ].flat().join(' ') || '–' ]);
		field.modalonly = (ROWS[type].indexOf(o.name) < 0) || null;
	}

	if (o.name == 'every')
		field.depends('cycle', 'days');

	if (o.kind == 'path' && type == 'geo') {
		const test = s.option(form.Button, '_' + o.name, '\u00a0');

		test.inputtitle = _('Test');
		test.onclick = (ev, id) => testDatabase(o.name, field.formvalue(id));
	}
}

function addSection(map, [ type, name, title, about, rows ], known) {
	const s = name ? map.section(form.NamedSection, name, type, title, about) : map.section(form.GridSection, type, title, about);

	s.addremove = !name;
	s.anonymous = !!name || type == 'device';
	s.nodescriptions = true;
	s.modaltitle = title;
	rows.forEach((row) => addOption(s, type, name, values.option(row), known));
}

function problems(s) {
	return s.config.errors.map((e) => [ e.message, e.warning ? 'warning' : 'danger' ])
		.concat(s.config.valid ? [] : [ [ _('The file has errors: the settings from before stay in force until they are mended.'), 'danger' ] ])
		.map((p) => E('div', { 'class': 'alert-message ' + p[1] }, [ p[0] ]));
}

return view.extend({
	// What the daemon tells may be missing: wrong settings are mended here, too.
	load: () => Promise.all([
		Promise.all([ api.call('status'), api.call('db'), api.call('config'), api.call('devices', { limit: 200, sort: 'name' }) ]).catch((e) => e),
		uci.load('weir'), L.resolveDefault(uci.load('network'), null)
	]),

	render([ told ]) {
		const runs = Array.isArray(told), [ status, db, config, devices ] = runs ? told : [];
		const map = new form.Map('weir', _('Settings'), _('What is left empty takes its default, which stands in grey.'));
		const known = runs ? { force: inForce(config.text), chosen: chosen(status, db), choices: choices(devices.devices) } : { force: {}, chosen: {}, choices: choices([]) };

		map.tabbed = true;
		options.sections.forEach((section) => addSection(map, section, known));

		return map.render().then((node) => {
			const open = state.get().tab;

			node.prepend(...(runs ? problems(status) : [ page.trouble(told, () => location.reload()) ]));

			if (open)
				requestAnimationFrame(() => node.querySelectorAll('[data-tab] > a').forEach((a) => {
					if (a.parentNode.dataset.tab == open) // which may be anything: no selector is made of it
						a.click();
				}));

			return node;
		});
	}
});
