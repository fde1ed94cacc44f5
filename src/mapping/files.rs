//! A profile's files, in memory: the mapping reads no disk.

use std::collections::BTreeMap;

use crate::domain::digest::Digest;
use crate::domain::problem::Problem;
use crate::domain::profile_name::ProfileName;
use crate::mapping::fault::Spot;

/// The files of one profile folder: relative path (with `/`) → bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileFiles(pub BTreeMap<String, Vec<u8>>);

impl ProfileFiles {
    /// A digest over every path and every byte: what "the map version" means.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut all = Vec::new();
        for (path, bytes) in &self.0 {
            for part in [path.as_bytes(), bytes] {
                all.extend_from_slice(&(part.len() as u64).to_be_bytes());
                all.extend_from_slice(part);
            }
        }
        Digest::of(&all)
    }

    /// Id and version as the manifest says them; `None` where it says no id or cannot be read, which loading tells.
    #[must_use]
    pub fn identity(&self) -> Option<ProfileName> {
        crate::mapping::manifest::identity(self)
    }

    /// A text file, or the fault that says why there is none.
    pub(crate) fn text(&self, path: &str) -> Result<&str, Problem> {
        let Some(bytes) = self.0.get(path) else {
            return Err(Spot::top(path).fault(
                "file-missing",
                format!("配置缺少文件“{path}”"),
                format!("the profile has no file \"{path}\""),
            ));
        };
        std::str::from_utf8(bytes).map_err(|wrong| {
            let good = String::from_utf8_lossy(&bytes[..wrong.valid_up_to()]);
            Spot::of(path, &good, good.len()).fault(
                "file-encoding",
                format!("文件“{path}”不是 UTF-8 文本"),
                format!("\"{path}\" is not UTF-8 text"),
            )
        })
    }

    /// The paths that end in `suffix`, in order.
    pub(crate) fn ending<'a>(&'a self, suffix: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.keys().map(String::as_str).filter(move |path| path.ends_with(suffix))
    }
}
