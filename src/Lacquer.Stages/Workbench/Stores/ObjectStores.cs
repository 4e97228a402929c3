using Lacquer.Formats.Archives;
using Lacquer.Formats.Objects;

namespace Lacquer.Stages.Workbench.Stores;

/// <summary>The store that an archive's configuration names.</summary>
public static class ObjectStores
{
    /// <summary>Opens it. Of a bucket it is seen at once whether it can be reached.</summary>
    /// <param name="layout">The archive.</param>
    /// <param name="settings">What its configuration says.</param>
    /// <param name="variable">Looks up an environment variable: keys for a bucket stand there and nowhere else. Null: there are none.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="Lacquer.Formats.Findings.LacquerException">The bucket cannot be reached, is not there or refuses the keys; there are none.</exception>
    public static async Task<IObjectStore> OpenAsync(ArchiveLayout layout, ObjectSettings settings, Func<string, string?>? variable, CancellationToken stop) =>
        settings.Bucket is null ? new FolderStore(layout) : await S3Store.OpenAsync(settings, S3Keys.Find(settings, variable ?? (_ => null)), stop).ConfigureAwait(false);
}
