import { Class } from './class.js';
import { classes } from './classes.js';
import { DOM } from './dom.js';
import { Poll } from './poll.js';
import { Request } from './request.js';
import { Session } from './session.js';
import { View } from './view.js';
import { requireClass } from './loader.js';

const compare = new Intl.Collator(undefined, { numeric: true }).compare;

Object.assign(classes, { baseclass: Class, dom: DOM, poll: Poll, request: Request, session: Session, view: View });

// LuCI is the class of the global L.
export const LuCI = Class.extend({
	__name__: 'LuCI',

	__init__(env) {
		Object.assign(this.env, env);
	},

	env: {},
	loaded: false,
	naturalCompare: compare,
	dom: DOM,
	view: View,
	Poll,
	Request,
	Class,

	raise(type, pattern, ...args) {
		const text = pattern ? String(pattern).format(...args) : null;
		let e = type;

		if (type instanceof Error) {
			if (text)
				e.message = text + ': ' + e.message;
		}
		else {
			e = new (window[type ?? 'Error'] ?? Error)(text ?? 'Unspecified error');
			e.name = type ?? 'Error';
		}
		console.debug(e);
		throw e;
	},

	error(...args) {
		try {
			LuCI.prototype.raise(...args);
		}
		catch (e) {
			if (!e.reported) {
				if (classes.ui?.addNotification)
					classes.ui.addNotification(e.name || _('Runtime error'), E('pre', {}, [ e.message ]), 'danger');
				else
					DOM.content(document.querySelector('#maincontent'), E('pre', { 'class': 'alert-message error' }, [ e.message ]));
				e.reported = true;
			}
			throw e;
		}
	},

	bind(fn, self, ...args) {
		return Function.prototype.bind.call(fn, self, ...args);
	},

	require(name, from) {
		return requireClass(this, name, from);
	},

	path(prefix = '', parts) {
		const safe = /^(?:[a-zA-Z0-9_.%,;-]+\/)*[a-zA-Z0-9_.%,;-]+$/, query = /^\?[a-zA-Z0-9_.%=&;-]+$/;
		let url = prefix, added = false;

		for (const part of parts) {
			if (Array.isArray(part))
				url += this.path('', part);
			else if (query.test(part))
				url += part;
			else if (safe.test(part))
				url += '/' + part;
			else
				continue;
			added = true;
		}
		return added ? url : url + '/';
	},

	url(...parts) { return this.path(this.env.scriptname, parts); },

	resource(...parts) { return this.path(this.env.resource, parts); },

	media(...parts) { return this.path(this.env.media, parts); },

	location() { return this.path(this.env.scriptname, this.env.requestpath); },

	isObject(value) { return value != null && typeof(value) == 'object'; },

	isArguments(value) { return Object.prototype.toString.call(value) == '[object Arguments]'; },

	sortedKeys(object, key, mode) {
		const padded = v => v.replace(/(?:^|[.:])([0-9a-fA-F]{1,4})/g, (all, hex) => hex.toLowerCase().padStart(4, '0'));

		return Object.keys(object ?? {}).map(name => {
			const v = key != null ? object[name][key] : name;

			return [ name, v == null ? null : mode == 'addr' ? padded(v) : mode == 'num' ? +v : v ];
		}).filter(e => e[1] != null).sort((a, b) => compare(a[1], b[1])).map(e => e[0]);
	},

	sortedArray(value) { return this.toArray(value).sort(compare); },

	toArray(value) {
		if (value == null)
			return [];
		if (Array.isArray(value))
			return value;
		if (typeof(value) == 'object')
			return [ value ];

		const text = String(value).trim();

		return text == '' ? [] : text.split(/\s+/);
	},

	resolveDefault(value, otherwise) {
		return Promise.resolve(value).catch(() => otherwise);
	},

	hasViewPermission() {
		if (!this.isObject(this.env.nodespec) || !this.env.nodespec.satisfied)
			return null;
		return !this.env.nodespec.readonly;
	},

	hasSystemFeature() { return false; },

	notifySessionExpiry() {
		Poll.stop();
		classes.ui.showModal(_('Session expired'), [
			E('div', { 'class': 'alert-message warning' },
				[ _('A new login is required since the authentication session expired.') ]),
			E('div', { 'class': 'right' }, [
				E('button', { 'class': 'btn primary', 'click': () => window.location.reload() }, [ _('Log in…') ])
			])
		]);
		LuCI.prototype.raise('SessionError', 'Login session is expired');
	},

	stop(entry) { return Poll.remove(entry); },

	halt() { return Poll.stop(); },

	run() { return Poll.start(); }
});
