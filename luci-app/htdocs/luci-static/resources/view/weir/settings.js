'use strict';
'require form';
'require uci';
'require view';
'require weir.api as api';
'require weir.format as format';
'require weir.options as options';
'require weir.page as page';
'require weir.state as state';
'require weir.values as values';

const ROWS = { device: [ 'name', 'mac', 'pool' ], pool: [ 'name', 'network' ], network: [ 'name', 'subnet' ], application: [ 'name', 'category', 'domain' ],
	wan: [ 'cycle', 'start' ], quota: [ 'scope', 'bytes', 'cycle' ], source: [ 'path', 'role' ] };

// inForce reads the daemon's configuration: { type: { name: { option: value or list } } }.
function inForce(text) {
	const all = {};
	let section = {};

	text.split('\n').forEach((line) => {
		const m = line.match(/^\s*(config|option|list) (\S+) ?'?(.*?)'?$/);

		if (!m)
			return;

		if (m[1] == 'config')
			section = (all[m[2]] = all[m[2]] || {})[m[3]] = {};
		else if (m[1] == 'option')
			section[m[2]] = m[3];
		else
			(section[m[2]] = section[m[2]] || []).push(m[3]);
	});

	return all;
}

// chosen is what weir took where the setting leaves it to weir.
function chosen(s, db) {
	return {
		'weir.source': s.mode.chosen && _('%s, because %s').format(s.mode.chosen, s.mode.why),
		'weir.memory_limit': s.memory.limit && format.bytes(s.memory.limit),
		'store.max_size': db.live && format.bytes(db.live.max_bytes),
		'store.snapshot_size': db.archive && format.bytes(db.archive.max_bytes)
	};
}

// choices are what the router and the daemon know of for an option.
function choices(known) {
	const networks = known.networks.map((n) => [ n, n ]), pools = known.pools.map((p) => [ p, p ]);
	const device = (d) => d.name || d.macs[0] || d.ips[0];

	return {
		'weir.interface': networks, 'weir.wan': networks, 'device.pool': pools,
		'device.mac': known.devices.map((d) => d.macs.map((mac) => [ mac, mac + ' (' + device(d) + ')' ])).flat(),
		'quota.scope': [ [ 'wan', _('all uplinks') ] ].concat(networks.filter((n) => /^wan/.test(n[0])).map((n) => [ 'wan:' + n[0], _('uplink %s').format(n[0]) ]),
			known.devices.filter((d) => d.name).map((d) => [ 'device:' + d.name, d.name ]), pools.map((p) => [ 'pool:' + p[0], _('pool %s').format(p[0]) ]))
	};
}

function testGeo(option, input) {
	const path = input();

	if (!path)
		return page.notify(_('There is no path to test.'), true);

	return api.write('config_check', { text: "config geo 'geo'\n\toption " + option + " '" + path.replace(/'/g, "'\\''") + "'\n" }).then((reply) => {
		const wrong = reply.errors[0];

		page.notify(wrong ? wrong.message : _('%s can be used.').format(path), !!wrong);
	});
}

// help is an option's line, its default where that does not stand in grey, and, where that is not what stands in the
// file, what is in force.
function help(o, section, known) {
	const now = section.many ? null : (known.force[section.type] || {})[section.name], mine = uci.get('weir', section.name, o.name);
	const auto = known.chosen[section.type + '.' + o.name], differs = now && mine != null && !values.same(o, mine, now[o.name]);
	const force = auto || (differs ? [ now[o.name] ?? '–' ].flat().join(' ') : null);

	const def = (o.widget == 'Flag') ? (o.def == '1' ? _('on') : _('off')) : (o.widget == 'ListValue') ? o.def : null;

	return [ o.help, def ? _('Default: %s.').format(def) : '', force ? _('In force: %s.').format(force) : '' ].filter((t) => t).join(' ');
}

function addOption(s, section, row, known) {
	const o = values.option(row), key = section.type + '.' + o.name;
	const field = s.option(form[o.widget], o.name, o.title);
	const words = o.words.map((w) => [ w, w ]).concat(known.choices[key] || []);

	field.description = help(o, section, known);
	field.rmempty = !o.required;
	field.optional = !o.required && o.widget != 'ListValue';
	field.placeholder = o.def || undefined;
	field.datatype = o.datatype || undefined;
	field.validate = (id, value) => values.check(o, value);

	if (o.widget == 'ListValue' || o.widget == 'Flag')
		field.default = o.def;

	if (o.widget == 'Flag')
		field.cfgvalue = (id) => { const v = uci.get('weir', id, o.name); return (v == null) ? null : values.flag(v) ? '1' : '0'; };
	else
		words.forEach((w) => field.value(w[0], w[1]));

	if (section.many) // in the table of sections: the value, or its default
		field.textvalue = (id) => E('span', {}, [ [ uci.get('weir', id, o.name) ?? o.def ].flat().join(' ') || '–' ]);

	if (section.many && ROWS[section.type].indexOf(o.name) < 0)
		field.modalonly = true;

	if (o.name == 'every')
		field.depends('cycle', 'days');

	return field;
}

function addSection(map, section, known) {
	const s = section.many ? map.section(form.GridSection, section.type, section.title, section.help) :
		map.section(form.NamedSection, section.name, section.type, section.title, section.help);

	s.addremove = section.many;
	s.anonymous = section.type == 'device' || !section.many;
	s.nodescriptions = true;
	s.modaltitle = section.title;
	section.options.forEach((row) => {
		const field = addOption(s, section, row, known);

		if (section.type != 'geo' || field.option == 'update_url' || field.option == 'update_every')
			return;

		const test = s.option(form.Button, '_' + field.option, '\u00a0');

		test.inputtitle = _('Test');
		test.onclick = (ev, id) => testGeo(field.option, () => field.formvalue(id));
	});
}

function problems(s) {
	return s.config.errors.map((e) => E('div', { 'class': 'alert-message ' + (e.warning ? 'warning' : 'danger') }, [ e.message ]))
		.concat(s.config.valid ? [] : [ E('div', { 'class': 'alert-message danger' }, [ _('The file has errors: the settings from before stay in force until they are mended.') ]) ]);
}

return view.extend({
	load: () => Promise.all([
		api.call('status'), api.call('db'), api.call('config'), api.call('devices', { limit: 200, sort: 'name' }), uci.load('weir'), L.resolveDefault(uci.load('network'), null)
	]).catch((e) => e),

	render(reply) {
		if (!Array.isArray(reply))
			return page.trouble(reply, () => location.reload());

		const [ status, db, config, devices ] = reply, map = new form.Map('weir', _('Settings'), _('What is left empty takes its default, which stands in grey.'));
		const force = inForce(config.text), known = {
			force, chosen: chosen(status, db), choices: choices({
				networks: uci.sections('network', 'interface').map((i) => i['.name']).filter((n) => n != 'loopback'),
				pools: uci.sections('weir', 'pool').map((p) => p.name || p['.name']), devices: devices.devices
			})
		};

		map.tabbed = true;
		options.sections.forEach((section) => addSection(map, section, known));

		return map.render().then((node) => {
			const open = state.get().tab;

			node.prepend(...problems(status));

			if (open)
				requestAnimationFrame(() => node.querySelectorAll('[data-tab="' + open + '"] > a').forEach((a) => a.click()));

			return node;
		});
	}
});
