'use strict';
'require baseclass';

// The state of a page is in the address after the #, so that back, reload and a
// link that was sent to somebody work. What only this browser wants to keep is
// in its local storage.

const STORE = 'weir.';

function parse(hash) {
	const state = {};

	hash.slice(1).split('&').forEach((pair) => {
		const at = pair.indexOf('=');

		try {
			if (at > 0)
				state[decodeURIComponent(pair.slice(0, at))] = decodeURIComponent(pair.slice(at + 1));
		}
		catch (e) {} // an address somebody mangled: the rest of it still counts
	});

	return state;
}

function encode(state) {
	return Object.keys(state).filter((k) => state[k] != null && state[k] !== '')
		.map((k) => encodeURIComponent(k) + '=' + encodeURIComponent(state[k])).join('&');
}

function get() {
	return parse(location.hash);
}

function set(changes, replace) {
	const hash = '#' + encode(Object.assign(get(), changes));

	if (hash == (location.hash || '#'))
		return;

	if (replace)
		history.replaceState(history.state, '', location.pathname + location.search + hash);
	else
		location.hash = hash;
}

function link(page, params) {
	if (page == null)
		return '#' + encode(Object.assign(get(), params));

	const hash = encode(params || {});

	return L.url('admin/weir', page) + (hash ? '#' + hash : '');
}

function watch(node, fn) {
	let seen = false;

	const changed = () => {
		if (node.isConnected) {
			seen = true;
			fn(get());
		}
		else if (seen) {
			window.removeEventListener('hashchange', changed);
		}
	};

	window.addEventListener('hashchange', changed);
}

function remember(name, value) {
	try {
		localStorage.setItem(STORE + name, JSON.stringify(value));
	}
	catch (e) {} // full or forbidden: then it is not kept
}

function recall(name, fallback) {
	try {
		return JSON.parse(localStorage.getItem(STORE + name)) ?? fallback;
	}
	catch (e) {
		return fallback;
	}
}

return baseclass.extend({ get, set, link, watch, remember, recall });
