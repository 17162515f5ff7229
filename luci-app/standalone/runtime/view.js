import { Class } from './class.js';
import { classes } from './classes.js';
import { DOM } from './dom.js';

// View is what a page extends: load, then render into #view, then a footer
// with the buttons whose handlers are not null.
export const View = Class.extend({
	__name__: 'LuCI.view',

	__init__() {
		DOM.content(document.getElementById('view'), E('div', { 'class': 'spinning' }, _('Loading view…')));

		const ready = L.loaded ? Promise.resolve() :
			new Promise(resolve => document.addEventListener('luci-loaded', resolve, { once: true }));

		return ready.then(() => this.load()).then(data => this.render(data)).then(nodes => {
			const view = document.getElementById('view');

			DOM.content(view, nodes);
			DOM.append(view, this.addFooter());
		}).catch(L.error);
	},

	load() {},

	render() {},

	handleSave() {
		return this.eachMap('save');
	},

	handleSaveApply(ev, mode) {
		return this.handleSave(ev).then(() => classes.ui.changes.apply(mode == '0'));
	},

	handleReset() {
		return this.eachMap('reset');
	},

	eachMap(method) {
		const maps = document.getElementById('maincontent').querySelectorAll('.cbi-map');

		return Promise.all([ ...maps ].map(map => DOM.callClassMethod(map, method)));
	},

	addFooter() {
		const maps = [ ...document.getElementById('view').querySelectorAll('.cbi-map') ]
			.map(node => DOM.findClassInstance(node)).filter(map => map);
		const readonly = maps.length ? maps.every(map => map.readonly) : !L.hasViewPermission();
		const footer = E([]);

		if (maps.length && readonly)
			return footer; // forms are only looked at here

		const button = (name, look, label) => this[name] ? E('button', {
			'class': 'btn cbi-button ' + look,
			'click': classes.ui.createHandlerFn(this, name),
			'disabled': readonly || null
		}, [ label ]) : '';

		if (this.handleSaveApply || this.handleSave || this.handleReset)
			footer.appendChild(E('div', { 'class': 'cbi-page-actions' }, [
				button('handleSaveApply', 'cbi-button-apply important', _('Save & Apply')), ' ',
				button('handleSave', 'cbi-button-save', _('Save')), ' ',
				button('handleReset', 'cbi-button-reset', _('Reset'))
			]));
		return footer;
	}
});
