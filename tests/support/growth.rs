//! Eight times the document costs about eight times the work.
//!
//! What is compared is time, the least of several runs: work that grows with the square takes 64 times as long; 24 are
//! taken.

const TIMES: usize = 8;

/// A name, how many parts, and the document of so many.
pub(crate) type Shape<'a> = (&'a str, usize, &'a dyn Fn(usize) -> String);

fn cost(run: &dyn Fn()) -> u128 {
    let once = || {
        let from = std::time::Instant::now();
        run();
        from.elapsed().as_nanos().max(1)
    };
    (0..5).map(|_| once()).min().expect("five")
}

/// Compares the work for documents of `n` and `8n` parts.
pub(crate) fn grows_with_the_size(
    name: &str,
    n: usize,
    document: &dyn Fn(usize) -> String,
    run: &dyn Fn(&[u8]),
) {
    let (small, large) = (document(n).into_bytes(), document(n * TIMES).into_bytes());
    // A busy machine disturbs a measurement now and then, but not each of eight.
    let mut told = Vec::new();
    for _ in 0..8 {
        let (one, eight) = (cost(&|| run(&small)), cost(&|| run(&large)));
        told.push(eight / one);
        // What takes less than two milliseconds at eight times the size is no danger and hard to measure.
        if eight < 2_000_000 || eight / one < 24 {
            eprintln!("{name}: {n} parts {} µs, {} parts {} µs", one / 1_000, n * TIMES, eight / 1_000);
            return;
        }
    }
    panic!("{name}: eight times the size, {told:?} times the work");
}

/// So many parts, in a row.
pub(crate) fn each(n: usize, part: &dyn Fn(usize) -> String) -> String {
    (0..n).map(part).collect()
}
