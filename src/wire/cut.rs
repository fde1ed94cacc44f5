//! Where the records of a long message begin and end.
//!
//! Promise: a cutter looks at each byte about once and holds nothing but names of open elements. It judges nothing: of a
//! well-formed document it finds the very pieces that the readers find; of any other it finds pieces which the
//! readers then refuse, because every piece is read together with what stood around it.

/// Where records stand, by expanded names: what is open around them, from the top, and what they are called. Of
/// several elements of one name around them the first holds them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) above: Vec<(String, String)>,
    /// Names of records in XML; in JSON the records are the items of the member that `above` ends with.
    pub(crate) records: Vec<(String, String)>,
}

/// What a cutter found next, in bytes of the text in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing, before there is more text.
    More,
    /// A place of records: some routes lead here. Choose one of them, or decline.
    Reached(usize),
    /// A record, and which of the names it has.
    Record { from: usize, to: usize, name: usize },
    /// Something between records that is no record.
    Between { from: usize, to: usize },
    /// The last record has been; what closes their list begins here.
    Closed(usize),
    /// The document is over.
    End,
    /// This is no document: the readers say why.
    Damage,
}

/// A route while the document goes by.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) route: Route,
    /// How much of what stands around the records is open.
    pub(crate) open: usize,
    /// What stands around them has been, or was declined.
    pub(crate) done: bool,
    pub(crate) reached: bool,
}

impl Live {
    pub(crate) fn all(routes: Vec<Route>) -> Vec<Self> {
        routes.into_iter().map(|route| Self { route, open: 0, done: false, reached: false }).collect()
    }

    /// `depth` of what is around the records is still open.
    pub(crate) fn close(&mut self, depth: usize) {
        if self.open > depth {
            self.open = depth;
            self.done = true;
        }
    }
}

/// A cutter of either format.
#[derive(Clone)]
pub(crate) enum Cutter {
    Xml(crate::wire::xml::cut::XmlCutter),
    Json(crate::wire::json::cut::JsonCutter),
}

impl Cutter {
    pub(crate) fn new(xml: bool, routes: Vec<Route>, depth: usize) -> Self {
        if xml {
            Self::Xml(crate::wire::xml::cut::XmlCutter::new(routes))
        } else {
            Self::Json(crate::wire::json::cut::JsonCutter::new(routes, depth))
        }
    }

    /// What comes next in `text`, which is what was there before, less what was taken, plus what has come; `ended`:
    /// nothing else will.
    pub(crate) fn next(&mut self, text: &str, ended: bool) -> Step {
        match self {
            Self::Xml(cutter) => cutter.next(text, ended),
            Self::Json(cutter) => cutter.next(text, ended),
        }
    }

    /// Which routes lead to the place that was reached.
    pub(crate) fn reached(&self) -> Vec<usize> {
        let live = match self {
            Self::Xml(cutter) => &cutter.live,
            Self::Json(cutter) => &cutter.live,
        };
        (0..live.len()).filter(|index| live[*index].reached).collect()
    }

    /// Goes on along one of them: what follows is records. Gives where the text around them ends.
    pub(crate) fn choose(&mut self, route: usize, text: &str) -> usize {
        match self {
            Self::Xml(cutter) => cutter.choose(route),
            Self::Json(cutter) => cutter.choose(text),
        }
    }

    /// None of them is the right one.
    pub(crate) fn decline(&mut self) {
        let live = match self {
            Self::Xml(cutter) => &mut cutter.live,
            Self::Json(cutter) => &mut cutter.live,
        };
        for live in live.iter_mut().filter(|live| live.reached) {
            live.reached = false;
            live.done = true;
        }
    }

    /// The text has lost its first bytes.
    pub(crate) fn moved(&mut self, by: usize) {
        match self {
            Self::Xml(cutter) => cutter.moved(by),
            Self::Json(cutter) => cutter.moved(by),
        }
    }

    /// What closes everything that is open.
    pub(crate) fn closers(&self) -> String {
        match self {
            Self::Xml(cutter) => cutter.closers(),
            Self::Json(cutter) => cutter.closers(),
        }
    }

    /// How many elements, objects and arrays are open.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::Xml(cutter) => cutter.depth(),
            Self::Json(cutter) => cutter.depth(),
        }
    }

    /// Whether the records are a lone value, which no list holds (JSON).
    pub(crate) fn lone(&self) -> bool {
        matches!(self, Self::Json(cutter) if cutter.lone)
    }
}
