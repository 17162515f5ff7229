(() => {
	const form = document.querySelector('form.login'), base = form.getAttribute('action').replace(/\/login$/, '');

	// A token after "#token=" logs in by itself: "make demo" prints such a link.
	// What else stands there is kept for the page that follows.
	function read() {
		const given = /^#token=([^&]+)$/.exec(location.hash);

		if (!given) {
			form.action = base + '/login' + location.hash;
			return false;
		}
		history.replaceState(null, '', location.pathname + location.search);
		form.token.value = decodeURIComponent(given[1]);
		form.submit();
		return true;
	}

	window.addEventListener('hashchange', read);
	if (read())
		return;
	// A link on another site brings no cookie along and leads here; our own
	// request does, and is sent on when there is a login.
	fetch(base + '/login', { redirect: 'manual' }).then(reply => {
		if (reply.type == 'opaqueredirect')
			location.replace(base + form.next.value + location.hash);
	});
})();
