//! A PostgreSQL for tests: the server that `REGBRIDGE_TEST_POSTGRES` names (a `postgres://` address whose user may
//! create databases), or else a throwaway cluster of this process's own, if PostgreSQL is installed.
//!
//! The cluster listens on a socket in its own directory and nowhere else. A shell watches over it: when this
//! process ends, however it ends, the shell's input closes, and it stops the server and removes the directory.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::str::FromStr as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _};

static SERVER: OnceLock<Option<Server>> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

struct Server {
    url: String,
    // Holds the shell's input open for as long as this process lives.
    _watch: Option<Child>,
}

/// The address of a new, empty database; `None`, said plainly once, where there is no PostgreSQL.
pub(crate) async fn database() -> Option<String> {
    let server = tokio::task::spawn_blocking(|| SERVER.get_or_init(start).as_ref())
        .await
        .expect("it does not panic")?;
    let name = format!("regbridge_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::SeqCst));
    let mut connection = PgConnection::connect(&server.url).await.expect("the test server answers");
    let create = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
    sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut connection).await.expect("a database can be created");
    connection.close().await.ok();
    Some(with_database(&server.url, &name))
}

/// Removes a database that [`database`] made.
pub(crate) async fn drop_database(url: &str) {
    let Some(server) = SERVER.get().and_then(Option::as_ref) else { return };
    let options = PgConnectOptions::from_str(url).expect("it was made by database()");
    let name = options.get_database().expect("it was made by database()").to_owned();
    if let Ok(mut connection) = PgConnection::connect(&server.url).await {
        let drop = AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        sqlx::raw_sql(drop).execute(&mut connection).await.ok();
    }
}

// postgres://user@host:port/DATABASE?parameters
fn with_database(url: &str, name: &str) -> String {
    let (front, parameters) = url.split_once('?').map_or((url, None), |(front, p)| (front, Some(p)));
    let (scheme, rest) = front.split_once("://").expect("it connected");
    let authority = rest.split('/').next().expect("split yields at least one part");
    let parameters = parameters.map(|p| format!("?{p}")).unwrap_or_default();
    format!("{scheme}://{authority}/{name}{parameters}")
}

fn start() -> Option<Server> {
    if let Ok(url) = std::env::var("REGBRIDGE_TEST_POSTGRES") {
        return Some(Server { url, _watch: None });
    }
    let Some(programs) = programs() else {
        eprintln!(
            "SKIPPED on PostgreSQL: no REGBRIDGE_TEST_POSTGRES and no /usr/lib/postgresql/*/bin/initdb"
        );
        return None;
    };
    let mut command = if is_root() {
        // PostgreSQL refuses to run as root.
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh", "-c", WATCH]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", WATCH]);
        command
    };
    let mut watch = command
        .env("PROGRAMS", programs)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell can be started");
    let mut line = String::new();
    BufReader::new(watch.stdout.take().expect("it is piped")).read_line(&mut line).expect("text");
    let directory = line.trim();
    assert!(directory.starts_with('/'), "the throwaway PostgreSQL did not start: see the output above");
    let url = format!("postgres://regbridge@localhost/postgres?host={directory}");
    Some(Server { url, _watch: Some(watch) })
}

const WATCH: &str = r#"
set -eu
directory=$(mktemp -d /tmp/regbridge-postgres-XXXXXX)
server=
trap 'test -z "$server" || { kill -INT "$server"; wait "$server" || true; }; rm -rf "$directory"' EXIT
trap : INT TERM
"$PROGRAMS/initdb" -D "$directory/data" -U regbridge -A trust -E UTF8 --locale=C.UTF-8 -N >"$directory/log" 2>&1 ||
    { cat "$directory/log" >&2; exit 1; }
"$PROGRAMS/postgres" -D "$directory/data" -k "$directory" -c listen_addresses= -c max_connections=400 \
    </dev/null >>"$directory/log" 2>&1 &
server=$!
until "$PROGRAMS/pg_isready" -q -h "$directory"; do
    kill -0 "$server" || { cat "$directory/log" >&2; exit 1; }
    sleep 0.05
done
echo "$directory"
exec >/dev/null 2>&1
read -r _ || true
"#;

pub(crate) fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    versions.retain(|programs| programs.join("initdb").is_file());
    versions.sort();
    versions.pop()
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|of| of.uid() == 0)
}
