import Petitions
import Settings

extension Host {
    /// Where to ask for what only root may do; nil where there is no root helper, or it isn't ours to ask.
    var rootPort: RootPort? {
        guard let port = settings.helper.map({ RootPort($0) }), port.isThere else { return nil }
        return port
    }
}
