namespace Lacquer.Stages.Workbench;

/// <summary>A folder that appears whole or not at all: written as <c>NAME.partial</c>, flushed, renamed.</summary>
public sealed class StagingFolder
{
    private readonly string _final;

    /// <summary>Starts afresh, unless told to carry on: what a killed run left is removed.</summary>
    public StagingFolder(string final, bool carryOn = false)
    {
        _final = final;
        Path = final + Durable.Partial;
        if (!carryOn && Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where to write.</summary>
    public string Path { get; }

    /// <summary>A file or folder in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Removes everything in it but these.</summary>
    public void Clear(params ReadOnlySpan<string> kept)
    {
        foreach (var path in Directory.GetFileSystemEntries(Path))
        {
            if (kept.Contains(System.IO.Path.GetFileName(path)))
                continue;
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
            else
                File.Delete(path);
        }
    }

    /// <summary>Flushes every file and gives the folder its name.</summary>
    public void Seal()
    {
        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories))
            Durable.FlushFile(file);
        foreach (var folder in Directory.EnumerateDirectories(Path, "*", SearchOption.AllDirectories))
            Durable.FlushFolder(folder);
        Durable.FlushFolder(Path);
        Directory.Move(Path, _final);
        Durable.FlushFolder(System.IO.Path.GetDirectoryName(_final)!);
    }
}
