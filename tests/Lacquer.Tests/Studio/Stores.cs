using Lacquer.Formats.Archives;
using Lacquer.Stages.Workbench.Stores;

namespace Lacquer.Tests.Studio;

internal static class Stores
{
    /// <summary>The folder of objects of an archive.</summary>
    public static FolderStore Of(string archive) => new(new ArchiveLayout(archive));
}
