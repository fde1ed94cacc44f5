//! The figures: their names, and the one line each is printed as.
//!
//! The line is `name<TAB>value<TAB>unit<TAB>ratio`; the ratio is to the figure's limit, `-` where there is none.

use std::fmt;

/// Which figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    LimitTransport,
    LimitTransportP99,
    IntakeSqlite,
    LimitSqlite,
    IntakeSqliteP99,
    IntakePostgres,
    LimitPostgres,
    IntakePostgresP99,
    MemoryIdle,
    MapXml,
    MapXmlValidated,
    LimitParse,
    LimitXmllint,
    MapXmlBatch,
    MapXmlBatchValidated,
    LimitParseBatch,
    LimitXmllintBatch,
    MapJson,
    LimitParseJson,
    FeedRecords,
    FeedPages,
    LimitFeed,
    AttachmentPut,
    AttachmentGet,
    LimitCopyPut,
    LimitCopyGet,
    MemoryBatch,
}

impl Name {
    /// Every figure with its printed name, in the order in which they are measured.
    pub(super) const ALL: [(Self, &'static str); 27] = [
        (Self::LimitTransport, "limit.transport"),
        (Self::IntakeSqlite, "intake.sqlite"),
        (Self::LimitSqlite, "limit.sqlite"),
        (Self::IntakeSqliteP99, "intake.sqlite.p99"),
        (Self::LimitTransportP99, "limit.transport.p99"),
        (Self::IntakePostgres, "intake.postgres"),
        (Self::LimitPostgres, "limit.postgres"),
        (Self::IntakePostgresP99, "intake.postgres.p99"),
        (Self::MemoryIdle, "memory.idle"),
        (Self::MapXml, "map.xml"),
        (Self::MapXmlValidated, "map.xml.validated"),
        (Self::LimitParse, "limit.parse"),
        (Self::LimitXmllint, "limit.xmllint"),
        (Self::MapXmlBatch, "map.xml.batch"),
        (Self::MapXmlBatchValidated, "map.xml.batch.validated"),
        (Self::LimitParseBatch, "limit.parse.batch"),
        (Self::LimitXmllintBatch, "limit.xmllint.batch"),
        (Self::MapJson, "map.json"),
        (Self::LimitParseJson, "limit.parse.json"),
        (Self::FeedRecords, "feed.records"),
        (Self::FeedPages, "feed.pages"),
        (Self::LimitFeed, "limit.feed"),
        (Self::AttachmentPut, "attachment.put"),
        (Self::AttachmentGet, "attachment.get"),
        (Self::LimitCopyPut, "limit.copy.put"),
        (Self::LimitCopyGet, "limit.copy.get"),
        (Self::MemoryBatch, "memory.batch"),
    ];

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(name, _)| *name).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|(_, name)| *name).collect();
            format!("expected one of {}", known.join(", "))
        })
    }

    /// Whether it needs a PostgreSQL server.
    pub(super) const fn is_postgres(self) -> bool {
        matches!(self, Self::IntakePostgres | Self::LimitPostgres | Self::IntakePostgresP99)
    }

    /// Whether it needs `xmllint`.
    pub(super) const fn is_xmllint(self) -> bool {
        matches!(
            self,
            Self::MapXmlValidated | Self::LimitXmllint | Self::MapXmlBatchValidated | Self::LimitXmllintBatch
        )
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::LimitTransport => "requests/s",
            Self::IntakeSqlite | Self::LimitSqlite | Self::IntakePostgres | Self::LimitPostgres => {
                "submissions/s"
            }
            Self::LimitTransportP99 | Self::IntakeSqliteP99 | Self::IntakePostgresP99 => "ms",
            Self::MemoryIdle | Self::MemoryBatch => "MB",
            Self::FeedPages => "pages/s",
            Self::AttachmentPut | Self::AttachmentGet | Self::LimitCopyPut | Self::LimitCopyGet => "MB/s",
            Self::MapXmlBatch
            | Self::FeedRecords
            | Self::LimitFeed
            | Self::MapXmlBatchValidated
            | Self::LimitParseBatch
            | Self::LimitXmllintBatch => "records/s",
            Self::MapXml
            | Self::MapXmlValidated
            | Self::LimitParse
            | Self::LimitXmllint
            | Self::MapJson
            | Self::LimitParseJson => "documents/s",
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(name, _)| name == self).map_or("", |(_, text)| text))
    }
}

/// A measured figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figure {
    pub(super) name: Name,
    pub(super) value: f64,
    /// What it is compared with, in the same unit.
    pub(super) limit: Option<f64>,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Thousands a second need no decimals, milliseconds and megabytes do.
        let decimals = usize::from(self.value < 1000.0);
        write!(f, "{}\t{:.decimals$}\t{}\t", self.name, self.value, self.name.unit())?;
        match self.limit {
            Some(limit) => write!(f, "{:.2}", self.value / limit),
            None => f.write_str("-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_name_value_unit_and_ratio() {
        let intake = Figure { name: Name::IntakeSqlite, value: 6123.4, limit: Some(12_000.0) };
        assert_eq!(intake.to_string(), "intake.sqlite\t6123\tsubmissions/s\t0.51");
        let wait = Figure { name: Name::IntakeSqliteP99, value: 9.26, limit: None };
        assert_eq!(wait.to_string(), "intake.sqlite.p99\t9.3\tms\t-");
    }

    #[test]
    fn every_name_reads_back() {
        for (name, text) in Name::ALL {
            assert_eq!(Name::parse(text), Ok(name));
            assert_eq!(name.to_string(), text);
        }
        assert!(Name::parse("intake").unwrap_err().contains("limit.postgres"));
    }
}
