'use strict';
'require baseclass';
'require rpc';

// The configuration, to look at: what load() read can be asked for, nothing
// can be changed.
const callConfig = rpc.declare({ object: 'weir', method: 'config', reject: true });
const loaded = {};
const refuse = () => { throw new Error(_('Settings are read only here.')); };

// parse reads what weir prints: one statement a line, values in single quotes.
function parse(text) {
	const sections = {};
	let section = null, count = 0;

	for (const line of text.split('\n')) {
		const m = /^\s*(config|option|list)\s+(\S+)(?:\s+(.*))?$/.exec(line);

		if (!m)
			continue;

		const name = m[2].replace(/'/g, ''), value = (m[3] ?? '').replace(/^'|'$/g, '').replace(/'\\''/g, "'");

		if (m[1] == 'config') {
			section = { '.type': name, '.name': value || 'cfg' + count, '.anonymous': !value, '.index': count++ };
			sections[section['.name']] = section;
		}
		else if (section && m[1] == 'option') {
			section[name] = value;
		}
		else if (section) {
			(section[name] ??= []).push(value);
		}
	}
	return sections;
}

return baseclass.extend({
	load(names) {
		return Promise.all(L.toArray(names).map(name => name != 'weir' || loaded[name] ? null :
			callConfig().then(reply => { loaded[name] = parse(reply.text); }))).then(() => L.toArray(names));
	},

	unload(names) {
		for (const name of L.toArray(names))
			delete loaded[name];
	},

	sections(config, type, fn) {
		const all = Object.values(loaded[config] ?? {})
			.filter(section => type == null || section['.type'] == type)
			.sort((a, b) => a['.index'] - b['.index']);

		if (typeof(fn) == 'function')
			all.forEach(section => fn(section, section['.name']));
		return all;
	},

	get(config, section, option) {
		const found = loaded[config]?.[section];

		return found == null ? null : option == null ? found : found[option] ?? null;
	},

	get_first(config, type, option) {
		const first = this.sections(config, type)[0];

		return first ? this.get(config, first['.name'], option) : null;
	},

	get_bool(config, section, option) {
		return [ '1', 'on', 'true', 'yes', 'enabled' ].includes(String(this.get(config, section, option) ?? '').toLowerCase());
	},

	changes() { return Promise.resolve({}); },

	set: refuse, unset: refuse, add: refuse, remove: refuse, move: refuse, clone: refuse,
	save: refuse, apply: refuse
});
