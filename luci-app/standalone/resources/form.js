'use strict';
'require baseclass';
'require dom';
'require rpc';

// Forms, to look at. What a page declares is taken as LuCI's form.js does, and
// in place of the form, and of what is said about it, stands what is in force, as
// the file would say it.
const callConfig = rpc.declare({ object: 'weir', method: 'config', reject: true });

const Node = baseclass.extend({
	__init__(...given) {
		this.given = given;
		this.children = [];
	},

	add(made) {
		this.children.push(made);
		return made;
	},

	value() {},
	depends() {},
	tab() {},
	load() {},
	cfgvalue() { return null; },
	formvalue() { return null; }
});

const Option = Node.extend({});

const Section = Node.extend({
	option(Type, ...args) { return this.add(new Type(this.map, this, ...args)); },

	taboption(tab, Type, ...args) { return this.option(Type, ...args); }
});

const Map = Node.extend({
	__init__(config, title, description) {
		Object.assign(this, { config, title, description, children: [], readonly: true });
	},

	section(Type, ...args) {
		const made = this.add(new Type(this, ...args));

		made.map = this;
		return made;
	},

	chain() {},

	save: () => Promise.reject(new Error(_('Settings are read only here.'))),
	reset: () => Promise.resolve(),

	render() {
		return callConfig().then(file => {
			const node = E('div', { 'class': 'cbi-map', 'id': 'cbi-' + this.config }, [
				this.title ? E('h2', { 'name': 'content' }, this.title) : '',
				E('div', { 'class': 'alert-message notice' }, [
					file.path ? _('Without OpenWrt the settings are a file: change %s with an editor, then run "weir call reload".').format(file.path)
						: _('These settings are the defaults: weir runs without a file.')
				]),
				E('div', { 'class': 'cbi-section' }, [ E('pre', { 'tabindex': 0, 'aria-label': _('Settings in force') }, [ file.text ]) ])
			]);

			dom.bindClassInstance(node, this);
			return node;
		});
	}
});

const types = {};

for (const name of [ 'Value', 'DynamicList', 'ListValue', 'RichListValue', 'RangeSliderValue', 'Flag', 'MultiValue',
	'TextValue', 'DummyValue', 'Button', 'ButtonValue', 'HiddenValue', 'FileUpload', 'DirectoryPicker' ])
	types[name] = Option.extend({ __name__: 'CBI.' + name });
for (const name of [ 'TypedSection', 'NamedSection', 'TableSection', 'GridSection' ])
	types[name] = Section.extend({ __name__: 'CBI.' + name });
types.SectionValue = Option.extend({
	__name__: 'CBI.SectionValue',

	__init__(map, section, option, Type, ...args) {
		this.subsection = new Type(map, ...args);
		this.subsection.map = map;
	}
});

return baseclass.extend(Object.assign({
	Map, JSONMap: Map, AbstractSection: Section, AbstractValue: Option
}, types));
