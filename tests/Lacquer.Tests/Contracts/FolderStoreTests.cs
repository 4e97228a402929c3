using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench.Stores;
using Lacquer.Tests.Studio;

namespace Lacquer.Tests.Contracts;

public sealed class FolderStoreTests : ObjectStoreContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lacquer-test-").FullName;

    protected override Task<IObjectStore> OpenAsync() => Task.FromResult<IObjectStore>(new FolderStore(_folder));

    protected override Task LitterAsync(string key)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_folder, key))!);
        return File.WriteAllTextAsync(Path.Combine(_folder, key), "litter");
    }
}
