import { Class } from './class.js';

// Session keeps what belongs to this login in the browser.
export const Session = Class.singleton({
	__name__: 'LuCI.session',

	store: 'luci-session-store',

	getID() { return L.env.sessionid ?? '00000000000000000000000000000000'; },

	getToken() { return L.env.token ?? null; },

	all() {
		try {
			return JSON.parse(window.sessionStorage.getItem(this.store))[this.getID()] ?? {};
		}
		catch (e) {
			return {};
		}
	},

	getLocalData(key) {
		const data = this.all();

		return key != null ? (data.hasOwnProperty(key) ? data[key] : null) : data;
	},

	setLocalData(key, value) {
		if (key == null)
			return false;

		const data = this.all();

		if (value != null)
			data[key] = value;
		else
			delete data[key];
		try {
			window.sessionStorage.setItem(this.store, JSON.stringify({ [this.getID()]: data }));
			return true;
		}
		catch (e) {
			return false;
		}
	}
});
