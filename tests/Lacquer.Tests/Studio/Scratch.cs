namespace Lacquer.Tests.Studio;

/// <summary>A folder of a test's own, removed at its end.</summary>
internal sealed class Scratch : IDisposable
{
    public Scratch() => Root = Directory.CreateTempSubdirectory("lacquer-test-").FullName;

    public string Root { get; }

    public string this[string name] => Path.Combine(Root, name);

    public void Dispose()
    {
        try
        {
            // A test may have closed a folder to everybody, its own user included.
            if (!OperatingSystem.IsWindows())
                foreach (var closed in Directory.EnumerateDirectories(Root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true })
                    .Select(path => new DirectoryInfo(path)).Where(folder => folder is { LinkTarget: null, UnixFileMode: UnixFileMode.None }).ToList())
                    closed.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Directory.Delete(Root, recursive: true);
        }
        catch (IOException)
        {
            // A child process may be on its way out; the folder is the system's to clean.
        }
    }

    /// <summary>Copies a folder with everything in it; links stay links.</summary>
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            var copy = Path.Combine(to, entry.Name);
            if (entry.LinkTarget is { } target)
            {
                File.Delete(copy);
                File.CreateSymbolicLink(copy, target);
            }
            else if (entry is FileInfo file)
            {
                file.CopyTo(copy, overwrite: true);
            }
            else
            {
                Copy(entry.FullName, copy);
            }
        }
    }
}
