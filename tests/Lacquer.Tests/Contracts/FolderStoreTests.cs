using Lacquer.Formats.Archives;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench.Stores;
using Lacquer.Tests.Studio;

namespace Lacquer.Tests.Contracts;

public sealed class FolderStoreTests : ObjectStoreContract
{
    private readonly ArchiveLayout _layout;

    public FolderStoreTests() => _layout = new ArchiveLayout(Root);

    protected override Task<IObjectStore> OpenAsync() => Task.FromResult<IObjectStore>(new FolderStore(_layout));

    protected override Task LitterAsync(string key)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_layout.Objects, key))!);
        return File.WriteAllTextAsync(Path.Combine(_layout.Objects, key), "litter");
    }
}
