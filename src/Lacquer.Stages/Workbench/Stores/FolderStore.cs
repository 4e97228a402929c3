using System.Runtime.CompilerServices;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;

namespace Lacquer.Stages.Workbench.Stores;

/// <summary>Objects as files: <c>objects/ab/abcdef….ogg</c>, each renamed into its place.</summary>
public sealed class FolderStore(ArchiveLayout layout) : IObjectStore
{
    /// <inheritdoc/>
    public string FileOf(ObjectName name) => layout.Object(name.Root, name.Extension);

    /// <inheritdoc/>
    public Task PutAsync(ObjectName name, string file, Sha256Digest sha256, CancellationToken cancel)
    {
        var place = FileOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        Durable.Rename(file, place);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(ObjectName name, CancellationToken cancel)
    {
        try
        {
            // No buffer of its own: whoever reads has one.
            return Task.FromResult<Stream?>(new FileStream(FileOf(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, FileOptions.SequentialScan));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    /// <inheritdoc/>
    public Task<long?> LengthAsync(ObjectName name, CancellationToken cancel) => Task.FromResult(new FileInfo(FileOf(name)) is { Exists: true } file ? file.Length : (long?)null);

    /// <inheritdoc/>
    public Task DeleteAsync(ObjectName name, CancellationToken cancel)
    {
        // Its folder may not be there yet, which File.Delete would complain of.
        if (FileOf(name) is var file && File.Exists(file))
            File.Delete(file);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectName> ListAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        if (!Directory.Exists(layout.Objects))
            yield break;
        foreach (var below in Directory.EnumerateDirectories(layout.Objects).Order(StringComparer.Ordinal))
            foreach (var file in Directory.EnumerateFiles(below).Order(StringComparer.Ordinal))
            {
                cancel.ThrowIfCancellationRequested();
                if (ObjectName.TryParseKey($"{Path.GetFileName(below)}/{Path.GetFileName(file)}", out var name))
                    yield return name;
            }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
